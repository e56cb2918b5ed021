/**
 * Owns a rollout as a Deployment does it with maxUnavailable 0 and maxSurge 1.
 * Invariant: there are never fewer ready pods than at the beginning, nor more than one above.
 */
import type { Deletion } from './kubelet';
import type { Pod } from './pod';

export interface Rollout {
  /** In the order in which the deletions began. */
  readonly deletions: readonly Deletion[];
  readonly totalMs: number;
}

/** What a rollout needs of a fleet. */
export interface RollablePods {
  pods(): readonly Pod[];
  addPod(): Promise<Pod>;
  deletePod(pod: Pod): Promise<Deletion>;
}

/**
 * Replaces each pod that lives at the call: a new one first, and when it is ready an old one is deleted. A terminating
 * pod no longer counts, so the next new pod does not wait for it (as the Deployment controller counts by default).
 * Resolves when the last old pod is gone.
 */
export async function roll(fleet: RollablePods): Promise<Rollout> {
  const startMs = performance.now();
  const deletions: Promise<Deletion>[] = [];
  for (const old of fleet.pods()) {
    await fleet.addPod();
    deletions.push(fleet.deletePod(old));
  }
  return { deletions: await Promise.all(deletions), totalMs: performance.now() - startMs };
}
