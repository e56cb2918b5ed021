/**
 * Owns when a rollout deletes its next pod: as soon as the pod is receiving an upload, the worst moment there is.
 * Invariant: the same rule for both runs; it only waits, and all waits of one run together within its budget.
 */
import { httpGet } from '../http-get';
import type { Pod } from '../pod';
import type { RollablePods } from '../rollout';
import { waitFor } from '../wait';

export interface WorstMoment {
  /** Resolves when the pod receives an upload, or when the budget is used up. */
  await(pod: Pod): Promise<void>;
}

const EVERY_MS = 20;

/** @param budgetMs for all waits together. */
export function worstMoment(budgetMs: number): WorstMoment {
  let leftMs = budgetMs;
  return {
    await: async (pod) => {
      const startMs = performance.now();
      await waitFor(`an upload in ${pod.name}`, () => receivesUpload(pod), {
        timeoutMs: leftMs,
        everyMs: EVERY_MS,
      }).catch(() => undefined); // it did not come: any other moment will do
      leftMs = Math.max(0, leftMs - (performance.now() - startMs));
    },
  };
}

/** The fleet's pods, made to wait for the moment once the new pod is ready and before the old one is deleted. */
export function deletedAtWorst(fleet: RollablePods, moment: WorstMoment): RollablePods {
  const olds = [...fleet.pods()];
  return {
    pods: () => fleet.pods(),
    addPod: async () => {
      const added = await fleet.addPod();
      const old = olds.shift();
      if (old) await moment.await(old);
      return added;
    },
    deletePod: (pod) => fleet.deletePod(pod),
  };
}

async function receivesUpload(pod: Pod): Promise<boolean> {
  const { body } = await httpGet(new URL('/inflight', pod.healthUrl).href, { timeoutMs: 500 });
  return (JSON.parse(body) as { uploads: number }).uploads > 0;
}
