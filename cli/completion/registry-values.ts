/** Owns the values that only the registry knows. Invariant: whatever fails, or takes long, there are none. */
import type { CliContext } from '../context';
import { poolsOf, withRegistry } from '../registry/connect';
import { poolStatus } from '../status/pool-status';
import type { Ask, Kind } from './complete';

const CONNECT_MS = 1000;

/** Asks the Redis that the words or the environment name. */
export function registryValues(words: readonly string[], { env }: CliContext): Ask {
  const given = words.indexOf('--redis');
  const options = {
    redis: (given >= 0 ? words[given + 1] : env.DRAIN_REDIS_URL) ?? 'redis://127.0.0.1:6379',
    redisOptions: env.DRAIN_REDIS_OPTIONS,
    redisCaFile: env.DRAIN_REDIS_CA_FILE,
    allowedCidrs: '',
    pool: env.DRAIN_POOL === undefined ? [] : [env.DRAIN_POOL],
  };
  return async (kind) => {
    try {
      const silent = { err: () => undefined };
      return await withRegistry(
        options,
        silent,
        async (registry) => {
          const names = await poolsOf(registry, options);
          if (kind === 'pool') return names;
          const pools = await Promise.all(names.map((name) => registry.overview(name)));
          const targets = pools.flatMap((pool) => poolStatus(pool).targets);
          const values = targets
            .filter(({ state }) => state !== 'gone')
            .flatMap((target) => target[FIELDS[kind]] ?? []);
          return [...new Set(values)];
        },
        CONNECT_MS,
      );
    } catch {
      return [];
    }
  };
}

const FIELDS: Readonly<Record<Exclude<Kind, 'pool'>, 'pod' | 'node' | 'target'>> = {
  pod: 'pod',
  node: 'node',
  target: 'target',
};
