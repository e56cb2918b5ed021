import { waitFor } from '../../harness/wait';
import { figure } from './support/figures';
import { kube, kubectl } from './support/kube';
import { countsOf, expectNothingLost, throughService, underLoad } from './support/load';
import { readSettings } from './support/settings';

const namespace = 'kong';
const inTheCluster = 'image' in readSettings(process.env).kong;

/** By the time since their deletion was seen, of all pods that there are now. */
async function secondsToGo(): Promise<number[]> {
  const list = async () => (await kube().core.listNamespacedPod({ namespace })).items;
  const old = (await list()).map(({ metadata }) => metadata?.uid ?? '');
  const begunMs = new Map<string, number>();
  const goneMs = new Map<string, number>();
  const areGone = async () => {
    const pods = new Map((await list()).map(({ metadata }) => [metadata?.uid, metadata]));
    for (const uid of old) {
      if (pods.get(uid)?.deletionTimestamp && !begunMs.has(uid)) begunMs.set(uid, Date.now());
      if (!pods.has(uid) && !goneMs.has(uid)) goneMs.set(uid, Date.now());
    }
    return goneMs.size === old.length;
  };
  await waitFor('the old gateways to go', areGone, { timeoutMs: 170_000, everyMs: 200 });
  return old.map((uid) => ((goneMs.get(uid) ?? 0) - (begunMs.get(uid) ?? 0)) / 1000);
}

(inTheCluster ? test : test.skip)(
  'gateways that roll finish their uploads, and are gone soon after the last one',
  async () => {
    const result = await underLoad(
      async () => {
        const gone = secondsToGo();
        await kubectl('-n', namespace, 'rollout', 'restart', 'deployment/kong');
        await kubectl('-n', namespace, 'rollout', 'status', 'deployment/kong');
        figure('gateway rollout', { 'gateway gone max s': Math.round(Math.max(...(await gone))) });
      },
      await throughService(),
    );
    figure('gateway rollout', countsOf(result));
    expectNothingLost(result);
  },
  240_000,
);
