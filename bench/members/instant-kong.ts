/**
 * Owns the Kong of a gateway in bench:registry: it applies what the agent hands over at once and has nothing in flight.
 * Invariant: it answers as the Lua plugin does (views.lua), so that the agent makes the same steps as before a real one.
 */
import type { KongSync, PoolAnswer, SyncAnswer } from '../../plugin/server/sync-client';

/** A Kong whose configuration names one pool. */
export function instantKong(pool: string): KongSync {
  let epoch = 0;
  return {
    hangUp: () => undefined,
    sync: async (pools, full): Promise<SyncAnswer> => {
      const handed = pools[pool];
      let wanted = false;
      if (handed && handed.epoch >= epoch) {
        if (handed.serving) epoch = handed.epoch;
        else wanted = handed.epoch > epoch;
      }
      const answer: PoolAnswer = {
        ...{ epoch, wanted, holding: {}, unassigned: 0, endedMs: {} },
        ...(full ? { inFlight: {} } : {}),
      };
      await Promise.resolve();
      return {
        configured: [pool],
        pools: handed ? { [pool]: answer } : {},
        stats: {},
        freeBytes: 0,
      };
    },
  };
}
