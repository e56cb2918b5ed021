/**
 * Owns what a soak has lost, and what of it the gateway alone would have lost too.
 * Invariant: only a small POST is ever excused, and only by what is known of nginx: it does not repeat one that was sent
 * on a kept-alive connection in the moment in which the pod closed it (proxy_next_upstream without non_idempotent). That
 * a pod still gets requests when it stops is Kong's own routing, which reigns where the drain could not ask every gateway.
 */
import type { Failure } from '../../load/result';
import type { DrainSummary } from '../../sidecar/timeline';
import type { Deletion } from '../kubelet';

/** A pod's deletion; the window, Date.now(), is its stop: from the hook's answer to its end. */
export interface Stopped {
  readonly deletion: Deletion;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The failures that are ours. */
export function lostByUs(failures: readonly Failure[], stopped: readonly Stopped[]): Failure[] {
  const unasked = stopped.filter(({ deletion }) => couldNotAsk(summaryOf(deletion)));
  return failures.filter(
    ({ sort, kind, atMs }) =>
      sort !== 'post' ||
      kind !== '502' ||
      !unasked.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs),
  );
}

/** What the hook answered; undefined if it failed. */
export function summaryOf({ hook }: Deletion): DrainSummary | undefined {
  return hook?.ok && hook.status === 200 ? (hook.body as DrainSummary) : undefined;
}

function couldNotAsk(summary: DrainSummary | undefined): boolean {
  if (!summary) return false;
  const { blind, gateways, timeline } = summary;
  return (
    blind ||
    gateways.some(({ lost }) => lost) ||
    timeline.some(({ event }) => event.startsWith('registry young'))
  );
}
