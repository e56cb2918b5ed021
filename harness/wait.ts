/** Owns waiting for something outside this process. Invariant: every wait has a bound and names what it waited for. */
import { setTimeout as delay } from 'node:timers/promises';
import { DrainError, messageOf } from '../core/errors';

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/** Resolves after that many milliseconds; rejects with AbortError when the signal fires. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {});
}

/**
 * Calls `attempt` until it returns something other than undefined or false, and resolves with that.
 * A throw counts as "not yet". Throws `TIMEOUT` after `timeoutMs` (default 10 s), with the last error as cause.
 */
export async function waitFor<T>(
  what: string,
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 10_000, everyMs = 20, signal }: WaitOptions = {},
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown;
  do {
    signal?.throwIfAborted();
    try {
      const result = await attempt();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      last = error;
    }
    await sleep(everyMs, signal);
  } while (performance.now() < deadlineMs);
  const hint = last === undefined ? '' : ` (last: ${messageOf(last)})`;
  throw new DrainError('TIMEOUT', `gave up after ${timeoutMs} ms waiting for ${what}${hint}`, {
    cause: last,
  });
}
