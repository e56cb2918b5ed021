/** Owns the wait until gateways route by the registry. Invariant: reads only; a gateway is ready by its own ack. */
import type { Registry } from '../registry/registry';
import { openRegistry } from '../registry/open';
import { POOL } from './fleet-options';
import { waitFor } from './wait';

export interface RoutingWatch {
  /**
   * Until each named gateway has acked an epoch at which all these targets serve, asked for at each look. Rejects with
   * `TIMEOUT` (20 s).
   */
  until(gateways: readonly string[], targets: () => readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Watches the pool `rt` in the registry at that URL. */
export function openRoutingWatch(redisUrl: string): RoutingWatch {
  const registry: Registry = openRegistry(
    { DRAIN_REDIS_URL: redisUrl, DRAIN_ALLOWED_CIDRS: '' },
    { badRecord: () => undefined, redisError: () => undefined },
  );
  const pool = registry.pool(POOL);

  async function routes(gateways: readonly string[], targets: readonly string[]) {
    const view = await pool.view();
    const serves = (id: string): boolean => view.targets.get(id)?.state === 'serving';
    if (!targets.every(serves)) return false;
    const { gateways: records } = await pool.progress(targets[0] ?? '', 0);
    return gateways.every((name) =>
      records.some((record) => record.name === name && !record.left && record.epoch >= view.epoch),
    );
  }
  return {
    until: async (gateways, targets) => {
      const what = `${gateways.join(', ')} to route to ${targets().join(', ')}`;
      await waitFor(what, () => routes(gateways, targets()), { timeoutMs: 20_000 });
    },
    close: () => registry.close(),
  };
}
