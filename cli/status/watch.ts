/** Owns when a watched pool is looked at again: at each change or report of a gateway, and after the interval. */
import type { Registry } from '../../registry/registry';

/** Between two looks, so that a busy pool is not looked at for each of its changes. */
const LEAST_MS = 50;

/**
 * Calls `look` at once, and then again and again, one at a time, until the signal. It resolves to the pools whose changes
 * matter from then on. Rejects as `look` does.
 */
export async function eachChange(
  registry: Pick<Registry, 'pool'>,
  intervalMs: number,
  signal: AbortSignal,
  look: () => Promise<readonly string[]>,
): Promise<void> {
  let wake: () => void = () => undefined;
  let isNew: boolean;
  const changed = (): void => {
    isNew = true;
    wake();
  };
  const stops = new Map<string, () => void>();
  const listen = (name: string): void => {
    if (stops.has(name)) return;
    const pool = registry.pool(name);
    const [offChange, offNews] = [pool.onChange(changed), pool.onNews(changed)];
    stops.set(name, () => {
      offChange();
      offNews();
    });
  };
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
      for (const name of await look()) listen(name);
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, LEAST_MS));
      if (!isNew) await pause(intervalMs - LEAST_MS);
    }
  } finally {
    signal.removeEventListener('abort', changed);
    for (const stop of stops.values()) stop();
  }
}
