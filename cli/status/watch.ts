/** Owns when a watched pool is looked at again: at each change or report of a gateway, and after the interval. */
import type { Registry } from '../../registry/registry';

/** Between two looks, so that a busy pool is not looked at for each of its changes. */
const LEAST_MS = 50;

/** Calls `look` at once, and then again and again, one at a time, until the signal. Rejects as `look` does. */
export async function eachChange(
  registry: Registry,
  pools: readonly string[],
  intervalMs: number,
  signal: AbortSignal,
  look: () => Promise<void>,
): Promise<void> {
  let wake: () => void = () => undefined;
  let isNew: boolean;
  const changed = (): void => {
    isNew = true;
    wake();
  };
  const stops = pools.flatMap((name) => {
    const pool = registry.pool(name);
    return [pool.onChange(changed), pool.onNews(changed)];
  });
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  signal.addEventListener('abort', changed);
  try {
    while (!signal.aborted) {
      isNew = false;
      await look();
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, LEAST_MS));
      if (!isNew) await pause(intervalMs - LEAST_MS);
    }
  } finally {
    signal.removeEventListener('abort', changed);
    for (const stop of stops) stop();
  }
}
