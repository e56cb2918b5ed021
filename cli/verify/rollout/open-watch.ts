/** Owns which source of knowledge of the rollout there is: the registry where it is named, else none. */
import type { RedisRegistry } from '../../../registry/redis-registry';
import { watchPool, type PoolWatch } from './registry-watch';
import { blindWatch, type RolloutSight, type RolloutWatch } from './sight';

export interface ServiceWatch extends RolloutWatch {
  readonly watched: boolean;
  draining(): number;
}

export const nothingWatched: ServiceWatch = { ...blindWatch, watched: false, draining: () => 0 };

export function watchPools(registry: RedisRegistry, names: readonly string[]): ServiceWatch {
  const pools = names.map((name) => watchPool(registry.pool(name), registry.history(name)));
  return {
    watched: true,
    sight: () => together(pools),
    draining: () => pools.reduce((sum, one) => sum + one.draining(), 0),
    close: async () => {
      await Promise.all(pools.map((one) => one.close()));
    },
  };
}

function together(pools: readonly PoolWatch[]): RolloutSight {
  const sights = pools.map((one) => one.sight());
  const changes = sights.flatMap(({ changedMs }) => changedMs ?? []);
  return {
    pods: sights.flatMap(({ pods }) => pods),
    drains: sights.flatMap(({ drains }) => drains),
    ...(changes.length > 0 ? { changedMs: Math.max(...changes) } : {}),
  };
}
