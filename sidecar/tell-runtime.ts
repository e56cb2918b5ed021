/**
 * Owns the word to the runtime that its drain begins, so that it answers with `Connection: close` from then on: callers
 * that keep their connections go elsewhere with the next request. Invariant: no drain waits for it or fails by it.
 */
import { callRuntime, RUNTIME_MS } from './runtime-call';

/** POSTs once. Rejects when the runtime does not answer with 2xx within a second. */
export function tellRuntime(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = callRuntime(url, {
      method: 'POST',
      headers: { 'content-length': 0 },
      signal: AbortSignal.timeout(RUNTIME_MS),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const { statusCode = 0 } = response;
      response.resume();
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(new Error(`the runtime answered ${statusCode}`));
    });
    request.end();
  });
}
