/** Owns the drains that have ended, as the registry's history keeps them. Invariant: each is read once in a run of it. */
import type { PoolDrain } from '../../history/run';
import type { RedisRegistry } from '../../../registry/redis-registry';

/** As many as the registry keeps of a pool. */
const ALL = 1000;

export class EndedDrains {
  readonly #pools = new Map<string, { run: string; drains: PoolDrain[] }>();

  /** Reads what is new of a pool. Rejects with `REGISTRY_UNREACHABLE`. */
  async read(registry: RedisRegistry, pool: string, run: string): Promise<readonly PoolDrain[]> {
    let known = this.#pools.get(pool);
    if (known?.run !== run) this.#pools.set(pool, (known = { run, drains: [] }));
    const seen = known.drains.at(-1)?.number ?? 0;
    const fresh = (await registry.history(pool).last(ALL, seen)).map((one) => ({ pool, ...one }));
    known.drains = [...known.drains, ...fresh].slice(-ALL);
    return fresh;
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
