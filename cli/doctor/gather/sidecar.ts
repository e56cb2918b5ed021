/** Owns the question to a sidecar. */
import { z } from 'zod';
import { messageOf } from '../../../core/errors';
import type { SidecarEvidence } from '../evidence';
import { get } from './get';

const statusShape = z.object({
  pool: z.string(),
  target: z.string(),
  healthy: z.boolean(),
  state: z.string(),
  registered: z.string().nullable(),
  registryAnswers: z.boolean(),
});

/** `url`: `http://POD:8081`. Never rejects. */
export async function askSidecar(url: string): Promise<SidecarEvidence> {
  try {
    const { status, body } = await get(new URL('/status', url).href);
    if (status !== 200) return { url, failure: `/status answers ${status}: is it a sidecar?` };
    return { url, status: statusShape.parse(JSON.parse(body)) };
  } catch (error) {
    return { url, failure: messageOf(error) };
  }
}
