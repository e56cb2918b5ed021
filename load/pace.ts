/**
 * Owns the open loop: requests begin by the clock, never by the answers to earlier ones.
 * Invariant: a late generator catches up, it does not thin the load out; only what is more than a second
 * late (a stopped process) is left out, and counted as skipped.
 */
export interface PaceState {
  /** How many were due up to now, fired or skipped. */
  readonly taken: number;
  readonly skipped: number;
}

const CATCH_UP_MS = 1000;

/** What is due at `elapsedMs` for `perSecond`: the numbers to fire, from (inclusive) to (exclusive). */
export function takeDue(
  state: PaceState,
  perSecond: number,
  elapsedMs: number,
): { readonly from: number; readonly to: number; readonly state: PaceState } {
  const to = Math.max(state.taken, Math.floor((elapsedMs * perSecond) / 1000));
  const oldest = Math.floor(((elapsedMs - CATCH_UP_MS) * perSecond) / 1000);
  const from = Math.min(to, Math.max(state.taken, oldest));
  return { from, to, state: { taken: to, skipped: state.skipped + from - state.taken } };
}

/** Calls `fire(number, intendedMs)` `perSecond` times a second (0: never) until stopped. `stop` gives the number skipped. */
export function startPace(
  perSecond: number,
  fire: (number: number, intendedMs: number) => void,
): { stop(): number } {
  const startedMs = performance.now();
  let state: PaceState = { taken: 0, skipped: 0 };
  let timer: NodeJS.Timeout | undefined;
  const dueMs = (number: number) => startedMs + ((number + 1) * 1000) / perSecond;

  const tick = () => {
    const due = takeDue(state, perSecond, performance.now() - startedMs);
    state = due.state;
    for (let number = due.from; number < due.to; number++) fire(number, dueMs(number));
    timer = setTimeout(tick, Math.max(1, Math.ceil(dueMs(state.taken) - performance.now())));
  };
  if (perSecond > 0) tick();
  return {
    stop() {
      clearTimeout(timer);
      return state.skipped;
    },
  };
}
