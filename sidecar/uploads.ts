/** Owns the question to the runtime for its uploads (docs/protocol.md). Invariant: what it answers wrongly is an error. */
import { z } from 'zod';
import type { UploadSight } from './forecast';
import { callRuntime, RUNTIME_MS } from './runtime-call';

const ANSWER_MAX_BYTES = 1 << 20;

const answer = z.object({
  uploads: z.array(
    z.object({
      id: z.string(),
      receivedBytes: z.number().nonnegative(),
      expectedBytes: z.number().nonnegative().nullable(),
    }),
  ),
});

/** Asks once. Rejects when the runtime does not answer within a second, or not what it should. */
export async function askForUploads(url: string): Promise<readonly UploadSight[]> {
  return answer.parse(JSON.parse(await get(url))).uploads;
}

function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = callRuntime(url, { signal: AbortSignal.timeout(RUNTIME_MS) });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_MAX_BYTES) request.destroy(new Error('too long an answer'));
      });
      response.on('error', reject);
      response.on('end', () => resolve(text));
    });
    request.end();
  });
}
