/** Gateways that come or go in the very time of a drain: it waits for what they hold, and they send the pod nothing new. */
import { drained, expectAnsweredAfter, shortDeadline } from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { pin } from '../support/pinned';
import { ask } from '../support/request';

// As long as people have it: a drain that waits for a lease to end is told from one that does not.
const LEASE_MS = 5000;
const lease = { DRAIN_RENEW_MS: '500', DRAIN_LEASE_MS: `${LEASE_MS}` };
const HELD_MS = 9000;

let eye: Eye;
const fleet = sharedFleet(
  {
    ...{ ...shortDeadline, pods: 2, gateways: 1, graceSeconds: 22, gatewayEnv: lease },
    sidecarEnv: { ...shortDeadline.sidecarEnv, ...lease },
  },
  (fleet) => {
    eye = new Eye(fleet.redis!.url);
    return () => eye.close();
  },
);

afterEach(async () => {
  while (fleet().pods().length < 2) await fleet().addPod();
  await untilRouting(fleet());
});

test('a gateway that joins in mid-drain never sends the draining pod anything, and the drain waits on', async () => {
  const [first] = fleet().gateways;
  const { pod, endedMs } = await pin(fleet(), first!, eye, HELD_MS);
  const begunMs = performance.now();
  const deletion = fleet().deletePod(pod);
  await eye.untilTarget(pod.target, 'draining');
  const { proxyUrl } = await fleet().addGateway();
  for (let sent = 0; sent < 100; sent++) {
    const { status, headers } = await ask(`${proxyUrl}/`);
    expect(status).toBe(200);
    expect(headers['x-pod']).not.toBe(pod.name);
  }
  expect((await eye.target(pod.target))?.state).toBe('draining');
  const { hook } = await deletion;
  expect(hook).toMatchObject({ ok: true, body: { outcome: 'released', blind: false } });
  const answeredMs = begunMs + hook!.ms;
  expectAnsweredAfter(answeredMs, await endedMs);
  expect(answeredMs - (await endedMs)).toBeLessThan(LEASE_MS / 2);
});

test('a gateway and the pod that its request is in go at the same moment: the request ends, and no lease is waited for', async () => {
  const gateway = await fleet().addGateway();
  await untilRouting(fleet());
  const { pod, endedMs } = await pin(fleet(), gateway, eye, 3000);
  const gone = fleet().removeGateway(gateway);
  const { summary, answeredMs } = await drained(fleet(), pod);
  expect(summary).toMatchObject({ outcome: 'released', blind: false, cutRequests: [] });
  expect(summary.gateways.map(({ name, lost }) => ({ name, lost }))).toContainEqual({
    name: gateway.name,
    lost: false,
  });
  expectAnsweredAfter(answeredMs, await endedMs);
  expect(answeredMs - (await endedMs)).toBeLessThan(LEASE_MS / 2);
  await gone;
});
