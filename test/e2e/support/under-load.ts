/** Owns what clients must see while something fails. Invariant: every request of the load is judged. */
import type { LoadResult } from '../../../load/result';
import { startLoad } from '../../../load/load';
import type { LoadOptions } from '../../../load/options';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';

/** Runs `act` under GETs, small POSTs with ids and an upload at a time, over all gateways. */
export async function underLoad(
  fleet: Fleet,
  act: () => Promise<void>,
  options: Partial<LoadOptions> = {},
): Promise<LoadResult> {
  const load = startLoad({
    urls: fleet.gateways.map(({ proxyUrl }) => proxyUrl),
    getRate: 80,
    postRate: 30,
    uploads: 1,
    uploadMb: 3,
    // A pod on a used address writes on in the file of the one before.
    journals: () => [...new Set(fleet.allPods().map(({ journalFile }) => journalFile))],
    ...options,
  });
  try {
    await waitFor('the load', () => load.snapshot().requests > 10, { timeoutMs: 30_000 });
    await act();
  } finally {
    await load.stop();
  }
  return load.stop();
}

/** Nothing failed, nothing was cut, no POST was seen twice or not at all. */
export function expectUnharmed(result: LoadResult): void {
  expect(result.errors).toEqual({});
  expect(result).toMatchObject({ failed: 0, cut: 0, corrupt: 0 });
  expect(result.gets).toBeGreaterThan(0);
  expect(result.posts).toBeGreaterThan(0);
}

/**
 * The same, but for what Kong alone gives while it routes by itself: a POST sent on a kept-alive connection in the very
 * moment in which its pod, which Kong's own routing still reached, was stopped (nginx does not repeat it).
 */
export function expectOnlyKongsOwn(result: LoadResult, stops: readonly StopWindow[]): void {
  const foreign = result.failures.filter(
    ({ sort, kind, atMs }) =>
      sort === 'get' ||
      kind !== '502' ||
      !stops.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs),
  );
  expect(foreign).toEqual([]);
  expect(result.corrupt).toBe(0);
  expect(result.gets).toBeGreaterThan(0);
}

/** From a pod's SIGTERM to its end, Date.now(). */
export interface StopWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}
