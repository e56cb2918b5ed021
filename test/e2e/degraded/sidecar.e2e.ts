/** Sidecars die or all drain at once: the pods that can serve do, an operator's order outlives the process. */
import type { Pod } from '../../../harness/pod';
import { waitFor } from '../../../harness/wait';
import { begin, ask } from '../support/request';
import { drained, LEASE_MS, shortDeadline } from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { unassigned } from '../support/log';
import { pin } from '../support/pinned';
import { expectUnharmed, underLoad } from '../support/under-load';

const OPERATOR = 'operator-token';

let eye: Eye;
const fleet = sharedFleet(
  {
    ...shortDeadline,
    pods: 3,
    gateways: 2,
    sidecarEnv: { ...shortDeadline.sidecarEnv, DRAIN_OPERATOR_TOKEN: OPERATOR },
  },
  (fleet) => {
    eye = new Eye(fleet.redis!.url);
    return () => eye.close();
  },
);

const order = (pod: Pod, act: 'drain' | 'undrain') =>
  ask(`${pod.sidecarUrl}/operator/${act}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR}` },
  });

async function killSidecar(pod: Pod): Promise<void> {
  await pod.sidecar!.stop({ signal: 'SIGKILL' });
}

test('a killed sidecar of a pod that lives is away for a lease at most, then serves as another incarnation', async () => {
  const [pod] = fleet().pods();
  const before = await eye.target(pod!.target);
  const result = await underLoad(fleet(), async () => {
    await killSidecar(pod!);
    await eye.untilTarget(pod!.target, 'gone', LEASE_MS + 3000);
    pod!.restartSidecar();
    const after = await eye.untilTarget(pod!.target, 'serving');
    expect(after.incarnation).not.toBe(before!.incarnation);
    expect(after.fence).toBeGreaterThan(before!.fence);
    await untilRouting(fleet());
  });
  expectUnharmed(result);
});

test('a drain that only a hook began is over when the sidecar is killed: the pod serves again', async () => {
  const { pod, request } = await pin(fleet(), fleet().gateways[0]!, eye, 20_000);
  const result = await underLoad(fleet(), async () => {
    const hook = begin(`${pod.sidecarUrl}/drain`);
    hook.end();
    await eye.untilTarget(pod.target, 'draining');
    await killSidecar(pod);
    await expect(hook.answer).rejects.toThrow();
    pod.restartSidecar();
    await eye.untilTarget(pod.target, 'serving');
    request.abort();
    await untilRouting(fleet());
  });
  expectUnharmed(result);
});

test('an operator’s drain stays when the sidecar is killed, until it is taken back', async () => {
  const [pod] = fleet().pods();
  const result = await underLoad(fleet(), async () => {
    expect((await order(pod!, 'drain')).status).toBe(200);
    await eye.untilTarget(pod!.target, 'draining');
    await killSidecar(pod!);
    pod!.restartSidecar();
    await waitFor('the new sidecar', async () => {
      const { status } = await ask(`${pod!.sidecarUrl}/readyz`);
      return status === 200;
    });
    expect(await eye.target(pod!.target)).toMatchObject({ state: 'draining', by: 'operator' });
    expect((await order(pod!, 'undrain')).status).toBe(200);
    await eye.untilTarget(pod!.target, 'serving');
    await untilRouting(fleet());
  });
  expectUnharmed(result);
});

test('an operator’s drain stays when Redis is emptied', async () => {
  const [pod] = fleet().pods();
  await order(pod!, 'drain');
  await eye.untilTarget(pod!.target, 'draining');
  await waitFor('the sidecar to have heard of it', async () =>
    (await ask(`${pod!.sidecarUrl}/status`)).body.includes('"registered":"draining"'),
  );
  await eye.redis.flushall();
  await eye.untilTarget(pod!.target, 'draining');
  await order(pod!, 'undrain');
  await eye.untilTarget(pod!.target, 'serving');
  await untilRouting(fleet());
});

test('every target drains at once: Kong routes by itself, not one 503', async () => {
  const result = await underLoad(fleet(), async () => {
    const seen = await Promise.all(fleet().gateways.map(unassigned));
    for (const pod of fleet().pods()) expect((await order(pod, 'drain')).status).toBe(200);
    await waitFor('Kong’s own routing', async () => {
      const now = await Promise.all(fleet().gateways.map(unassigned));
      return now.every((count, i) => count > seen[i]! + 20);
    });
    for (const pod of fleet().pods()) await order(pod, 'undrain');
    await untilRouting(fleet());
  });
  expectUnharmed(result);
});

test('every pod is deleted at once: each drain is answered by its deadline, and not one 503', async () => {
  const old = [...fleet().pods()];
  const result = await underLoad(fleet(), async () => {
    const drains = old.map((pod) => drained(fleet(), pod));
    await Promise.all([...drains, fleet().addPod(), fleet().addPod(), fleet().addPod()]);
    await untilRouting(fleet());
  });
  // Until the first new pod is ready there is none: Kong's own routing says 502. Nothing that was begun is cut.
  expect(result.failures.filter(({ kind }) => kind !== '502')).toEqual([]);
  expect(result.corrupt).toBe(0);
});
