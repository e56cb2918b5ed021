/** The emulated readiness probe: it takes a pod out as late as a cluster does, however fast it asks. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startReadinessProbe } from '../../harness/readiness';
import { waitFor } from '../../harness/wait';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function probed(answer: RequestListener) {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const changes: boolean[] = [];
  const url = `http://127.0.0.1:${port}/health`;
  const probe = startReadinessProbe({ url, periodMs: 20 }, (isReady) => changes.push(isReady));
  return { probe, changes };
}

test('a runtime that takes seconds for its answers stays ready', async () => {
  const SLOW_MS = 1200;
  let asked = 0;
  const { probe, changes } = await probed((_, response) => {
    setTimeout(() => response.end(), asked++ === 0 ? 0 : SLOW_MS).unref();
  });
  await waitFor('slow answers', () => asked > 4, { timeoutMs: 30_000 });
  expect(changes).toEqual([true]);
  probe.stop();
});

test('one that says so three times in a row is unready, and ready again with the next good answer', async () => {
  const statuses = [200, 503, 503, 200, 503, 503, 503, 200];
  const { probe, changes } = await probed((_, response) => {
    response.writeHead(statuses.shift() ?? 200).end();
  });
  await waitFor('all statuses', () => changes.length === 3);
  expect(changes).toEqual([true, false, true]);
  expect(statuses).toEqual([]);
  probe.stop();
});
