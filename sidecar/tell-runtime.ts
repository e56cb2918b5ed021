/**
 * Owns the word to the runtime that its drain begins, so that it answers with `Connection: close` from then on: callers
 * that keep their connections go elsewhere with the next request. Invariant: no drain waits for it or fails by it.
 */
import http from 'node:http';
import https from 'node:https';

const TIMEOUT_MS = 1000;

/** POSTs once. Rejects when the runtime does not answer with 2xx within a second. */
export function tellRuntime(url: string): Promise<void> {
  const secure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': 0 },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(secure ? { rejectUnauthorized: false } : {}), // as with the health endpoint
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
