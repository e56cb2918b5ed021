/** A fleet with all the parts, seen from the harness: it comes up routing, rolls with released drains, leaves nothing. */
import { startFleet } from '../../harness/fleet';
import { httpGet } from '../../harness/http-get';
import type { Deletion } from '../../harness/kubelet';
import { assertNoProcessLeaks } from '../../harness/process-groups';
import type { Fleet } from '../../harness/running-fleet';
import { waitFor } from '../../harness/wait';

let fleet: Fleet;
afterEach(async () => {
  await fleet.stop();
  await assertNoProcessLeaks();
});

test('every pod of a rollout is released, and told so with its hook’s answer', async () => {
  fleet = await startFleet({ mode: 'drain', pods: 2, gateways: 1 });
  const told: Deletion[] = [];
  fleet.on('drain', (deletion) => told.push(deletion));
  const { deletions } = await fleet.roll();

  for (const { hook } of deletions) {
    expect(hook).toMatchObject({ ok: true, status: 200, body: { outcome: 'released' } });
  }
  expect(told).toHaveLength(2);
  const { proxyUrl } = fleet.gateways[0]!;
  await expect(httpGet(`${proxyUrl}/health`)).resolves.toMatchObject({ status: 200 });
}, 90_000);

test.each(['started', 'external'] as const)(
  'a killed plugin server (%s) comes back, and the pods’ drains are released again',
  async (pluginServer) => {
    fleet = await startFleet({ mode: 'drain', pods: 2, pluginServer });
    const [gateway] = fleet.gateways;
    const old = gateway!.pluginServerPids();
    expect(old).toHaveLength(1);
    process.kill(old[0]!, 'SIGKILL');
    await waitFor('another plugin server', () =>
      gateway!.pluginServerPids().some((pid) => !old.includes(pid)),
    );
    const [pod] = fleet.pods();
    const { hook } = await fleet.deletePod(pod!);
    expect(hook).toMatchObject({ ok: true, body: { outcome: 'released' } });
  },
  90_000,
);
