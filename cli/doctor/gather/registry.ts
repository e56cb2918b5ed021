/** Owns the watch over the registry for a while. */
import { setTimeout as delay } from 'node:timers/promises';
import { DrainError } from '../../../core/errors';
import type { RedisRegistry } from '../../../registry/redis-registry';
import { poolsOf, withoutLogin, withRegistry } from '../../registry/connect';
import type { RegistryOptions } from '../../registry/options';
import type { PoolEvidence, RedisEvidence } from '../evidence';

const LOOK_EVERY_MS = 200;
const DRAINS = 50;

export interface RegistryEvidence {
  readonly redis: RedisEvidence;
  readonly pools: readonly PoolEvidence[];
}

/** Never rejects for what Redis does; throws as the options' problems do (`BAD_…`). */
export async function watchRegistry(
  options: RegistryOptions,
  observeMs: number,
  err: (text: string) => void,
): Promise<RegistryEvidence> {
  const url = withoutLogin(options.redis);
  try {
    return await withRegistry(options, { err }, async (registry) => ({
      redis: { url, info: await infoOf(registry) },
      pools: await watch(registry, options, observeMs),
    }));
  } catch (error) {
    if (!(error instanceof DrainError) || error.code.startsWith('BAD_')) throw error;
    return { redis: { url, info: new Map(), failure: error.message }, pools: [] };
  }
}

async function watch(
  registry: RedisRegistry,
  options: RegistryOptions,
  observeMs: number,
): Promise<PoolEvidence[]> {
  const names = await poolsOf(registry, options);
  const untilMs = performance.now() + observeMs;
  return Promise.all(
    names.map(async (pool) => {
      const drains = await registry.history(pool).last(DRAINS);
      const looks = [await registry.overview(pool)];
      while (performance.now() < untilMs) {
        await delay(LOOK_EVERY_MS);
        looks.push(await registry.overview(pool));
      }
      return { pool, looks, drains };
    }),
  );
}

/** Empty where this user may not ask. */
async function infoOf(registry: RedisRegistry): Promise<ReadonlyMap<string, string>> {
  const text = await registry.serverInfo().catch(() => '');
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : [];
    }),
  );
}
