/**
 * Owns how a lease is counted by the one who holds it.
 * Invariant: the holder lets go before the registry does. The registry counts from when it *received* a renewal; the
 * holder counts from before it *sent* it, on its own monotonic clock, less a margin for clocks that run at other speeds.
 */
const MARGIN_SHARE = 0.1;

/** Until when (same clock as `sentMs`) a lease renewed by a call sent at `sentMs` may be relied on. */
export function leaseHeldUntilMs(sentMs: number, leaseMs: number): number {
  return sentMs + leaseMs * (1 - MARGIN_SHARE);
}
