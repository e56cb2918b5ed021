/**
 * Owns the drains that have ended. Invariants: they are those that the registry's history keeps, and no others; each is read
 * once in a run of it.
 */
import type { PoolDrain } from '../../history/run';
import { KEPT_MAX, KEPT_MS } from '../../../registry/pool-history';
import type { RedisRegistry } from '../../../registry/redis-registry';

export class EndedDrains {
  readonly #pools = new Map<string, { run: string; drains: PoolDrain[] }>();

  /** Reads what is new of a pool. Rejects with `REGISTRY_UNREACHABLE`. */
  async read(registry: RedisRegistry, pool: string, run: string): Promise<readonly PoolDrain[]> {
    let known = this.#pools.get(pool);
    if (known?.run !== run) this.#pools.set(pool, (known = { run, drains: [] }));
    const seen = known.drains.at(-1)?.number ?? 0;
    const fresh = (await registry.history(pool).last(KEPT_MAX, seen)).map((one) => ({
      pool,
      ...one,
    }));
    known.drains = stillKept([...known.drains, ...fresh]);
    return fresh;
  }

  /** Forgets the pools that are no longer there. */
  keepOnly(names: readonly string[]): void {
    for (const name of this.#pools.keys()) if (!names.includes(name)) this.#pools.delete(name);
  }

  /** Oldest first. */
  get all(): PoolDrain[] {
    const drains = [...this.#pools.values()].flatMap((pool) => pool.drains);
    return drains.sort((a, b) => a.endedMs - b.endedMs);
  }

  find(pool: string, number: number): PoolDrain | undefined {
    return this.#pools.get(pool)?.drains.find((drain) => drain.number === number);
  }
}

/** As record.lua forgets: whenever a drain has ended, those that are then too many or too old. */
function stillKept(drains: readonly PoolDrain[]): PoolDrain[] {
  const last = drains.at(-1);
  if (!last) return [];
  const [number, endedMs] = [last.number - KEPT_MAX, last.endedMs - KEPT_MS];
  return drains.filter((one) => one.number > number && one.endedMs >= endedMs);
}
