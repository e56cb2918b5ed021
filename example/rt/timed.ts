// Owns the answers that take time. Invariant: no timer outlives its client.
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits `ms`; returns early, with false, if the client goes away. */
export async function waitFor(response: ServerResponse, ms: number): Promise<boolean> {
  if (response.destroyed) return false;
  const gone = new AbortController();
  const abort = () => gone.abort();
  response.once('close', abort);
  try {
    await delay(ms, undefined, { signal: gone.signal });
    return true;
  } catch {
    return false;
  } finally {
    response.off('close', abort);
  }
}

/** Answers 200 in chunks, one line each `everyMs` until `totalMs` have passed, then an `end` line. */
export async function streamFor(
  response: ServerResponse,
  totalMs: number,
  everyMs: number,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const start = performance.now();
  for (let left = totalMs; left > 0; left = totalMs - (performance.now() - start)) {
    response.write(`${Math.round(totalMs - left)} ms\n`);
    if (!(await waitFor(response, Math.min(everyMs, left)))) return;
  }
  response.end('end\n');
}
