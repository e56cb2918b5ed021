/**
 * Owns which targets are meant by an address, a pod's name or a node's.
 * Invariant: a pure function of what the registry holds; it never guesses, and never takes the last target of a pool.
 */
import type { PoolStatus, TargetStatus } from '../status/pool-status';

export interface Chosen {
  readonly pool: string;
  readonly target: TargetStatus;
}

/** One of the three. */
export interface Aim {
  readonly target?: string | undefined;
  readonly pod?: string | undefined;
  readonly node?: string | undefined;
}

/** The targets that are there and meant. */
export function pick(pools: readonly PoolStatus[], aim: Aim): Chosen[] {
  return pools.flatMap(({ pool, targets }) =>
    targets
      .filter(({ state }) => state === 'serving' || state === 'draining')
      .filter((target) => isMeant(target, aim))
      .map((target) => ({ pool, target })),
  );
}

function isMeant(target: TargetStatus, aim: Aim): boolean {
  if (aim.target !== undefined) return target.target === aim.target;
  if (aim.pod !== undefined) return target.pod === aim.pod || target.podId === aim.pod;
  return target.node === aim.node;
}

export function aimText({ target, pod, node }: Aim): string {
  if (target !== undefined) return `target ${target}`;
  return pod === undefined ? `node ${node ?? ''}` : `pod ${pod}`;
}

/** Pools that would be left without a serving target: their requests would be Kong's own routing's. */
export function emptiedPools(pools: readonly PoolStatus[], chosen: readonly Chosen[]): string[] {
  return pools
    .filter(({ pool, targets }) => {
      const mine = new Set(
        chosen.filter((one) => one.pool === pool).map(({ target }) => target.target),
      );
      const serving = targets.filter(({ state }) => state === 'serving');
      return serving.length > 0 && serving.every(({ target }) => mine.has(target));
    })
    .map(({ pool }) => pool);
}
