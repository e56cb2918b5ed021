/**
 * Owns the drain's place in the pool's history.
 * Invariant: it is written once the answer is on its way, and at best: it neither delays a release nor fails one.
 */
import type { DrainEntry } from '../core/drain-entry';
import { messageOf } from '../core/errors';
import type { PoolHistory } from '../registry/pool-history';
import type { DrainSummary } from './timeline';

export interface Drained {
  readonly summary: DrainSummary;
  readonly pod: string | undefined;
  readonly node: string | undefined;
}

/** Resolves when the drain is kept or cannot be; never rejects. */
export async function keepInHistory(
  drained: Drained,
  history: PoolHistory,
  onFailed: (message: string) => void,
): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve)); // the hook's answer is written before
  try {
    await history.record(entryOf(drained));
  } catch (error) {
    onFailed(messageOf(error));
  }
}

function entryOf({ summary, pod, node }: Drained): DrainEntry {
  const { pool: _, gateways, cutRequests, cutConnections, closed, timeline, ...rest } = summary;
  return {
    ...rest,
    ...(pod === undefined ? {} : { pod }),
    ...(node === undefined ? {} : { node }),
    gateways: [...gateways],
    cutRequests: cutRequests.map((hold) => ({ ...hold })),
    cutConnections: cutConnections.map((connection) => ({ ...connection })),
    closed: closed.map((one) => ({ ...one })),
    timeline: [...timeline],
  };
}
