/**
 * Owns the sorting of what is unfinished when a drain is answered: what was closed knowingly, and what was cut.
 * Invariant: an upload, or any request whose answer has not begun, is never called closed.
 */
import type { Barrier, Hold } from '../core/barrier';
import { clientsOf, joined, type ClosedConnections, type StreamKind } from '../core/streams';

export interface Parting {
  readonly closed: readonly ClosedConnections[];
  readonly cut: readonly Hold[];
}

/** These have no end of their own; any other answer that has begun may be a download. */
const ENDLESS: ReadonlySet<StreamKind> = new Set(['websocket', 'sse']);

/** With no holds left, whatever streams is what is no longer waited for. */
export function parting(standing: Barrier | undefined): Parting {
  if (!standing) return { closed: [], cut: [] };
  const { holds, streams } = standing;
  const holding = new Set(holds.map(({ gateway }) => gateway));
  const closed = streams.filter(({ gateway, kind }) => !holding.has(gateway) || ENDLESS.has(kind));
  const cut = holds.flatMap((hold): Hold[] => {
    if (hold.why !== 'in-flight') return [hold];
    const inFlight =
      hold.inFlight - clientsOf(closed.filter((one) => one.gateway === hold.gateway));
    return inFlight > 0 ? [{ gateway: hold.gateway, why: hold.why, inFlight }] : [];
  });
  return { closed: joined(closed.map(({ gateway: _, ...one }) => one)), cut };
}
