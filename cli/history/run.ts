/** Owns a run of `kong-drain history`. */
import { podNameOf } from '../../core/pod-id';
import type { EndedDrain } from '../../registry/pool-history';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { CliContext } from '../context';
import { printed } from '../output/output';
import { painter } from '../output/paint';
import { poolsOf, withRegistry } from '../registry/connect';
import type { HistoryOptions } from './command';
import { drawHistory } from './draw';

export type PoolDrain = EndedDrain & { readonly pool: string };

/** As many as the registry keeps of a pool. */
const ALL = 1000;

export async function runHistory(options: HistoryOptions, context: CliContext): Promise<void> {
  await withRegistry(options, context, async (registry) => {
    const drains = await read(registry, options);
    const { output, timeline } = options;
    context.out(printed(output, drains, () => drawHistory(drains, timeline, painter(context))));
  });
}

async function read(registry: RedisRegistry, options: HistoryOptions): Promise<PoolDrain[]> {
  const names = await poolsOf(registry, options);
  const pools = await Promise.all(
    names.map(async (pool) => {
      const drains = await registry.history(pool).last(ALL);
      return drains.map((drain) => ({ pool, ...drain }));
    }),
  );
  return pools
    .flat()
    .filter((drain) => isWanted(drain, options, Date.now()))
    .sort((a, b) => a.endedMs - b.endedMs)
    .slice(-options.limit);
}

function isWanted(drain: PoolDrain, options: HistoryOptions, nowMs: number): boolean {
  const { since, target, pod, node, cut } = options;
  return (
    (since === undefined || drain.endedMs >= nowMs - since) &&
    (target === undefined || drain.target === target) &&
    (pod === undefined ||
      drain.pod === pod ||
      (drain.pod !== undefined && podNameOf(drain.pod) === pod)) &&
    (node === undefined || drain.node === node) &&
    (!cut || drain.outcome === 'cut')
  );
}
