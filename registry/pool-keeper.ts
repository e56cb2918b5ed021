/**
 * Owns what the cluster's controller may say to a pool of the registry, and the loads it reads there.
 * Invariant: it names the pod whenever it names a target, so that a pod IP that was given anew is never hit.
 */
import type { PoolKeys } from './keys';
import { readCounts } from './counts';
import { ask } from './replies';
import type { Scripts } from './scripts';

export interface PoolKeeper {
  /** Marks the pod's target draining. `unknown`: the target is not there, or is another pod's. */
  drain(target: string, pod: string): Promise<'ok' | 'unknown' | 'unnamed'>;
  /** Removes the target and the order of a pod that is gone for good. False where nothing was left of it. */
  forget(target: string, pod: string): Promise<boolean>;
  /** Requests in flight per target, summed over the gateways with a live lease; targets without any are left out. */
  inFlight(): Promise<ReadonlyMap<string, number>>;
}

/** The keeper of one pool. Every call rejects with `REGISTRY_UNREACHABLE` when Redis does not answer in time. */
export function poolKeeper(keys: PoolKeys, scripts: Scripts): PoolKeeper {
  return {
    drain: async (target, pod) => {
      const reply = await ask(
        scripts.order,
        ...[keys.pool, keys.targets, keys.orders],
        ...[target, 'drain', 'controller', pod],
      );
      return reply[0] as 'ok' | 'unknown' | 'unnamed';
    },

    forget: async (target, pod) => {
      const reply = await ask(
        scripts.forget,
        ...[keys.pool, keys.targets, keys.leases, keys.orders],
        ...[target, pod],
      );
      return reply[0] === 'forgotten';
    },

    inFlight: async () => {
      const reply = await ask(scripts.load, keys.pool, keys.gateways, keys.counts);
      const sums = new Map<string, number>();
      for (const json of reply[4] as string[]) {
        for (const [target, count] of Object.entries(readCounts(json))) {
          sums.set(target, (sums.get(target) ?? 0) + count);
        }
      }
      return sums;
    },
  };
}
