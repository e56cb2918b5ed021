/** Owns the question to an injector, on the port of its metrics. */
import { messageOf } from '../../../core/errors';
import type { InjectorEvidence } from '../evidence';
import { get } from './get';

/** `url`: `http://kong-drain-injector:9090`. Never rejects. */
export async function askInjector(url: string): Promise<InjectorEvidence> {
  try {
    const [ready, metrics] = await Promise.all([
      get(new URL('/readyz', url).href),
      get(new URL('/metrics', url).href),
    ]);
    return { url, ready: ready.status === 200, metrics: metrics.body };
  } catch (error) {
    return { url, ready: false, metrics: '', failure: messageOf(error) };
  }
}
