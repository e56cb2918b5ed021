/** A plain fleet from client to runtime, with whatever gateway there is. Needs `npm run build`. */
import { existsSync } from 'node:fs';
import { startFleet } from '../../harness/fleet';
import { httpGet } from '../../harness/http-get';
import { assertNoProcessLeaks } from '../../harness/process-groups';
import type { Fleet } from '../../harness/running-fleet';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ mode: 'plain', pods: 2, gateways: 2, endpointLagMs: 100 });
}, 90_000);
afterAll(async () => {
  await fleet.stop();
  await assertNoProcessLeaks();
});

test('a GET through each gateway reaches a runtime, over HTTP and TLS', async () => {
  for (const { proxyUrl, tlsUrl } of fleet.gateways) {
    for (const url of [proxyUrl, tlsUrl]) {
      await expect(httpGet(`${url}/health`)).resolves.toMatchObject({ status: 200 });
    }
  }
});

test('a rollout replaces every pod by one with a new number, and tells it as it happens', async () => {
  const old = fleet.pods();
  const events: string[] = [];
  fleet.on('pod', ({ pod, state }) => events.push(`${old.includes(pod) ? 'old' : 'new'} ${state}`));
  const { deletions } = await fleet.roll();

  expect(deletions.map(({ pod }) => pod)).toEqual(old.map(({ name }) => name));
  expect(deletions.every(({ killed }) => !killed)).toBe(true);
  expect(fleet.pods().map(({ number }) => number - old[0]!.number)).toEqual([2, 3]);
  expect(events.filter((event) => event === 'new ready')).toHaveLength(2);
  expect(events.indexOf('new ready')).toBeLessThan(events.indexOf('old terminating'));
  await expect(httpGet(`${fleet.gateways[0]!.proxyUrl}/health`)).resolves.toMatchObject({
    status: 200,
  });
});

test('a reload changes the workers and goes on answering', async () => {
  const gateway = fleet.gateways[1]!;
  const before = gateway.workerPids();
  await gateway.reload();
  expect(gateway.workerPids().some((pid) => before.includes(pid))).toBe(false);
  await expect(httpGet(`${gateway.proxyUrl}/health`)).resolves.toMatchObject({ status: 200 });
});

test('a killed gateway leaves no process behind', async () => {
  const gateway = fleet.gateways[1]!;
  const pids = gateway.workerPids();
  await fleet.removeGateway(gateway, 'kill');
  expect(gateway.alive()).toBe(false);
  expect(pids.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
});
