import { Worker } from 'node:worker_threads';
import { startLoad } from '../../load/load';

/** A server on a thread of its own: it answers while the generator's thread stands still. */
async function serveElsewhere(): Promise<{ url: string; close(): Promise<unknown> }> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:http').createServer((request, response) => {
       setTimeout(() => response.end('{"id":"' + request.headers['x-request-id'] + '"}'), 20);
     });
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  return { url: `http://127.0.0.1:${port}`, close: () => worker.terminate() };
}

test('a generator that stood still past the timeout calls no answered request failed', async () => {
  const server = await serveElsewhere();
  const timeoutMs = 200;
  const load = startLoad({ urls: [server.url], getRate: 200, postRate: 100, timeoutMs });
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const untilMs = performance.now() + 2 * timeoutMs;
    while (performance.now() < untilMs); // what a busy machine does to us
  }
  const result = await load.stop();
  await server.close();
  expect(result).toMatchObject({ failed: 0, errors: {}, skipped: 0 });
  expect(result.requests).toBeGreaterThan(400);
  expect(result.lateMs.max).toBeGreaterThan(timeoutMs);
  // Most were due while it stood still: from that moment they count, not from when they were sent.
  expect(result.lateMs.p50).toBeGreaterThan(timeoutMs / 4);
  expect(result.latencyMs.p50).toBeGreaterThanOrEqual(result.lateMs.p50);
  expect(result.latencyMs.p50).toBeGreaterThan(result.serviceMs.p50);
});
