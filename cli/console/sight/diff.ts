/** Owns what is new between two looks at the pools. Invariant: pure; applied to the first, it gives the second. */
import { isDeepStrictEqual } from 'node:util';
import type { PoolChange, WirePool } from '../page/wire';

/** Undefined where a pool went away, which only the whole can tell. */
export function changesBetween(
  before: readonly WirePool[],
  after: readonly WirePool[],
): PoolChange[] | undefined {
  const known = new Map(before.map((pool) => [pool.head.pool, pool]));
  const names = new Set(after.map(({ head }) => head.pool));
  if (before.some(({ head }) => !names.has(head.pool))) return undefined;
  return after.map((pool) => poolChange(known.get(pool.head.pool), pool)).filter(saysSomething);
}

function poolChange(before: WirePool | undefined, after: WirePool): PoolChange {
  const targets = fresh(before?.targets ?? [], after.targets, ({ target }) => target);
  const gateways = fresh(before?.gateways ?? [], after.gateways, ({ gateway }) => gateway);
  return {
    pool: after.head.pool,
    ...(isDeepStrictEqual(before?.head, after.head) ? {} : { head: after.head }),
    targets: targets.changed,
    gateways: gateways.changed,
    forgotten: { targets: targets.forgotten, gateways: gateways.forgotten },
  };
}

function fresh<T>(before: readonly T[], after: readonly T[], idOf: (one: T) => string) {
  const known = new Map(before.map((one) => [idOf(one), one]));
  const changed: T[] = [];
  for (const one of after) {
    const id = idOf(one);
    if (!isDeepStrictEqual(known.get(id), one)) changed.push(one);
    known.delete(id);
  }
  return { changed, forgotten: [...known.keys()] };
}

function saysSomething({ head, targets, gateways, forgotten }: PoolChange): boolean {
  const gone = forgotten.targets.length + forgotten.gateways.length;
  return head !== undefined || targets.length + gateways.length + gone > 0;
}
