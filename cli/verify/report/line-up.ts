/**
 * Owns which failures fall into which drains. Invariant: a request is laid to every drain that overlaps its own life, and
 * a moment after, in which a client may still hear of what the drain did.
 */
import type { Drain } from './report';
import type { Span } from './windows';

/** What happened to a request just after the pod was released is still that drain's. */
const AFTERMATH_MS = 1000;

/** The drains that overlap the span, by their place in the list. */
export function drainsDuring(span: Span, drains: readonly Drain[]): number[] {
  return drains.flatMap(({ fromMs, untilMs }, index) => {
    const endMs = untilMs === undefined ? Infinity : untilMs + AFTERMATH_MS;
    return span.untilMs >= fromMs && span.fromMs <= endMs ? [index] : [];
  });
}
