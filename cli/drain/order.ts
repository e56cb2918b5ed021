/**
 * Owns one order of an operator. Invariant: it names the pod that was seen, so that another pod on that address by then is
 * not hit.
 */
import type { RedisRegistry } from '../../registry/redis-registry';
import type { Chosen } from './pick';

export type Result =
  | 'would order'
  | 'ordered'
  | 'drained'
  | 'still held'
  | 'serves'
  | 'drains by its hook'
  | 'gone'
  | 'without a name';

/** Rejects with `REGISTRY_UNREACHABLE`. */
export async function order(
  registry: RedisRegistry,
  { pool, target }: Chosen,
  act: 'drain' | 'undrain',
): Promise<Result> {
  const answer = await registry
    .pool(pool)
    .order(target.target, act, 'operator', target.podId ?? '');
  if (answer === 'unknown') return 'gone';
  if (answer === 'unnamed') return 'without a name';
  if (act === 'drain') return 'ordered';
  const drainsByItself = target.by === 'hook' || target.by === 'signal';
  return drainsByItself ? 'drains by its hook' : 'serves';
}
