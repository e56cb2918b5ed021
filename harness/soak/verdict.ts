/**
 * Owns what a soak has lost, and what of it the gateway alone would have lost too.
 * Invariant: a failure is excused only by what is known of nginx: it does not repeat a POST sent on a kept-alive
 * connection in the moment in which the pod closes it (proxy_next_upstream without non_idempotent), and a pod that stops
 * is only kept from that while the gateway routes by the registry.
 */
import type { Failure } from '../../load/result';

export interface Window {
  /** Date.now(). */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** After a mishap a gateway may route by itself until leases and views are there again. */
const RECOVERY_MS = 8000;

/** The failures for which Kong's own routing is no excuse: `mishaps` made it route by itself, `stops` are the pods'. */
export function lostByUs(
  failures: readonly Failure[],
  mishaps: readonly Window[],
  stops: readonly Window[],
): Failure[] {
  const during = (windows: readonly Window[], atMs: number, moreMs = 0): boolean =>
    windows.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs + moreMs);
  return failures.filter(
    ({ sort, kind, atMs }) =>
      sort === 'get' ||
      kind !== '502' ||
      !during(stops, atMs) ||
      !during(mishaps, atMs, RECOVERY_MS),
  );
}
