import { waitFor } from '../../harness/wait';
import { allPods, changeTemplate, ended, rollOut, secondsOf, steady } from './support/example';
import { figure, spread } from './support/figures';
import { kube, kubectl, orNone } from './support/kube';
import { countsOf, expectNothingLost, underLoad } from './support/load';

const namespace = 'kong-drain';
/** Kong's kept connections go on leading to a pod that drains without a registry: under load it lives until its deadline. */
const GRACE_SECONDS = 40;
/** The sidecar's DRAIN_SETTLE_MS: so long it leaves the cluster's own routing to let go of the pod. */
const SETTLE_SECONDS = 5;
const TEST_MS = 300_000;

async function scaleRedis(replicas: 0 | 1): Promise<void> {
  await kubectl('-n', namespace, 'scale', 'statefulset/redis', `--replicas=${replicas}`);
  if (replicas === 1) {
    await kubectl('-n', namespace, 'rollout', 'status', 'statefulset/redis');
    return;
  }
  const isGone = async () =>
    !(await orNone(kube().core.readNamespacedPod({ namespace, name: 'redis-0' })));
  await waitFor('Redis to go', isGone, { timeoutMs: 60_000, everyMs: 200 });
}

/** Rolls the example; gives how its old pods ended. */
async function rolledOut() {
  const old = await allPods();
  await rollOut();
  return Promise.all(old.map((pod) => ended(pod, (GRACE_SECONDS + 30) * 1000)));
}

const graceIs = (seconds: number) =>
  changeTemplate({
    metadata: { annotations: { 'kong-drain.dev/grace-seconds': String(seconds) } },
    spec: { terminationGracePeriodSeconds: seconds },
  });

beforeAll(() => graceIs(GRACE_SECONDS));

afterAll(async () => {
  await scaleRedis(1);
  await graceIs(300);
  await steady(2);
}, TEST_MS);

test(
  'without Redis pods roll without a loss, by their deadline; with an empty one it is as before',
  async () => {
    await steady(2);
    const result = await underLoad(async () => {
      await scaleRedis(0);
      const without = await rolledOut();
      for (const ending of without) {
        expect(['DrainReleased', 'DrainCut']).toContain(ending.reason);
        expect(ending.message).toContain('the registry did not answer');
        expect(secondsOf(ending)).toBeGreaterThanOrEqual(SETTLE_SECONDS);
      }
      await scaleRedis(1);
      await steady(2);
      const back = await rolledOut();
      for (const { reason, message } of back) {
        expect(reason).toBe('DrainReleased');
        expect(message).toContain('2 gateways)');
      }
      figure('Redis down', {
        'drain max s': spread(without.map(secondsOf)).max,
        'drain max s with Redis back': spread(back.map(secondsOf)).max,
      });
      await steady(2);
    });
    figure('Redis down', countsOf(result));
    expectNothingLost(result);
  },
  TEST_MS,
);
