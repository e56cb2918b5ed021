/** Owns the soak's result. Invariant: every failure is either lost by us or excused, and every drain is counted once. */
import type { LoadResult } from '../../load/result';
import type { DrainSummary } from '../../sidecar/timeline';
import type { Mishap } from './mishaps';
import type { SoakOptions } from './options';
import { lostByUs, summaryOf, type Stopped } from './verdict';

export interface SoakReport {
  readonly gateway: string;
  readonly options: SoakOptions;
  /** How often what happened. */
  readonly mishaps: Readonly<Record<string, number>>;
  readonly drains: {
    readonly released: number;
    readonly cut: number;
    /** Of both, those that could not ask the registry. */
    readonly blind: number;
    /** Hooks that failed. */
    readonly unanswered: number;
    readonly longestMs: number;
  };
  readonly requests: number;
  readonly uploads: number;
  /** Failures of any sort that the gateway alone would not have had, and uploads with a wrong hash or none. */
  readonly lost: number;
  /** POSTs that Kong's own routing loses too while a pod stops. */
  readonly excused: number;
  /** Requests in flight that were still counted when there were none. */
  readonly leftInFlight: number;
  /** Pods that had to be killed. */
  readonly killed: number;
  readonly errors: LoadResult['errors'];
  readonly lateMs: LoadResult['lateMs'];
}

export function soakReport({
  result,
  stopped,
  mishaps,
  ...rest
}: Pick<SoakReport, 'gateway' | 'options' | 'leftInFlight'> & {
  readonly result: LoadResult;
  readonly stopped: readonly Stopped[];
  readonly mishaps: readonly Mishap[];
}): SoakReport {
  // The load keeps a thousand failures; of more nobody knows what they were.
  const untold = result.failed + result.cut - result.failures.length;
  const lost = lostByUs(result.failures, stopped).length;
  const summaries = stopped.map(({ deletion }) => summaryOf(deletion));
  const count = (is: (summary: DrainSummary) => boolean): number =>
    summaries.filter((summary) => summary && is(summary)).length;
  return {
    ...rest,
    mishaps: Object.fromEntries(
      [...new Set(mishaps.map(({ what }) => what))].map((what) => [
        what,
        mishaps.filter((mishap) => mishap.what === what).length,
      ]),
    ),
    drains: {
      released: count(({ outcome }) => outcome === 'released'),
      cut: count(({ outcome }) => outcome === 'cut'),
      blind: count(({ blind }) => blind),
      unanswered: summaries.filter((summary) => summary === undefined).length,
      longestMs: Math.max(...stopped.map(({ deletion }) => deletion.hook?.ms ?? 0)),
    },
    requests: result.requests,
    uploads: result.uploads,
    lost: lost + untold + result.corrupt + result.unchecked,
    excused: result.failures.length - lost,
    killed: stopped.filter(({ deletion }) => deletion.killed).length,
    errors: result.errors,
    lateMs: result.lateMs,
  };
}

/** Why the soak failed, one sentence for each reason; none if it did not. */
export function faults({ lost, leftInFlight, killed, drains }: SoakReport): string[] {
  const counts: [number, string][] = [
    [lost, 'requests or uploads were lost that the gateway alone would not have lost'],
    [leftInFlight, 'requests are still counted as in flight, and there are none'],
    [killed, 'pods had to be killed'],
    [drains.unanswered, 'hooks were not answered'],
  ];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}.`);
}
