/** Owns the soak's result. Invariant: every failure is either lost by us or excused, and every drain is counted once. */
import type { LoadResult } from '../../load/result';
import type { Deletion } from '../kubelet';
import type { Mishap } from './mishaps';
import type { SoakOptions } from './options';
import { lostByUs, type Window } from './verdict';

/** A pod's deletion; the window is its stop, from the hook's answer to its end. */
export interface Stopped extends Window {
  readonly deletion: Deletion;
}

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
    readonly longestMs: number;
  };
  readonly requests: number;
  readonly uploads: number;
  /** Failures of any sort that the gateway alone would not have had, and corrupt uploads. */
  readonly lost: number;
  /** Failures that Kong's own routing has too while a pod stops. */
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
  const lost = lostByUs(result.failures, mishaps, stopped).length;
  const answers = stopped.map(({ deletion }) => answerOf(deletion));
  const count = (is: (answer: Answer) => boolean): number => answers.filter(is).length;
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
      cut: count(({ outcome }) => outcome !== 'released'),
      blind: count(({ blind }) => blind === true),
      longestMs: Math.max(...stopped.map(({ deletion }) => deletion.hook?.ms ?? 0)),
    },
    requests: result.requests,
    uploads: result.uploads,
    lost: lost + result.corrupt,
    excused: result.failures.length - lost,
    killed: stopped.filter(({ deletion }) => deletion.killed).length,
    errors: result.errors,
    lateMs: result.lateMs,
  };
}

interface Answer {
  readonly outcome?: unknown;
  readonly blind?: unknown;
}

/** A hook that failed counts as a cut drain. */
const answerOf = ({ hook }: Deletion): Answer => (hook?.ok ? (hook.body as Answer) : {});

/** Why the soak failed, one sentence for each reason; none if it did not. */
export function faults({ lost, leftInFlight, killed }: SoakReport): string[] {
  const counts: [number, string][] = [
    [lost, 'requests or uploads were lost that the gateway alone would not have lost'],
    [leftInFlight, 'requests are still counted as in flight, and there are none'],
    [killed, 'pods had to be killed'],
  ];
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}.`);
}
