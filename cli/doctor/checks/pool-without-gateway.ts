import type { Check } from '../check';
import { liveGateways, lastLook } from '../pool-facts';

export const poolWithoutGateway: Check = {
  id: 'pool-without-gateway',
  severity: 'error',
  title: 'Each pool has a gateway that serves it',
  needs: 'pools',
  find: ({ pools }) =>
    pools
      .filter((pool) => lastLook(pool).targets.some(({ state }) => state !== 'gone'))
      .filter((pool) => liveGateways(lastLook(pool)).length === 0)
      .map(({ pool }) => ({
        subject: `pool ${pool}`,
        message:
          'It has targets, but no gateway has a live lease in it: no drain of it is acknowledged by anyone.',
        fix: `Mend first what is told above of Kong and its sync route. Else enable the plugin drain with "pool: ${pool}" on the Kong Service of these pods (or set the sidecars' DRAIN_POOL to the pool that is there), and see in the plugin server's log whether it reaches Redis and the sync route.`,
      })),
};
