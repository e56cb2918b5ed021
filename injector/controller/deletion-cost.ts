/**
 * Owns when a pod's controller.kubernetes.io/pod-deletion-cost is written: the number of requests in flight, so that
 * scale-in takes an idle pod (kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost, which asks
 * not to write it often). Invariant: idle and busy are told apart soon, small changes of a busy pod are not written.
 */
export interface CostSight {
  /** On the pod now; undefined where it has none, which counts as 0. */
  readonly written: number | undefined;
  readonly inFlight: number;
  /** ms since the last write to this pod. */
  readonly writtenAgoMs: number;
}

/** Of the cost that stands: changes below this share are not worth a write. */
const WORTH_SHARE = 0.5;

/** The cost to write; undefined where what stands will do. `leastMs`: between two writes to one pod. */
export function costToWrite(
  { written, inFlight, writtenAgoMs }: CostSight,
  leastMs: number,
): number | undefined {
  const before = written ?? 0;
  if (inFlight === before || writtenAgoMs < leastMs) return undefined;
  const turned = before === 0 || inFlight === 0;
  const worth = Math.abs(inFlight - before) >= Math.max(2, before * WORTH_SHARE);
  return turned || worth ? inFlight : undefined;
}
