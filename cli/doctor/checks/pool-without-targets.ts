import type { Check } from '../check';
import { liveGateways, lastLook } from '../pool-facts';

export const poolWithoutTargets: Check = {
  id: 'pool-without-targets',
  severity: 'warning',
  title: 'Each pool that gateways serve has targets',
  needs: 'pools',
  find: ({ pools }) =>
    pools
      .filter((pool) => liveGateways(lastLook(pool)).length > 0)
      .filter((pool) => lastLook(pool).targets.every(({ state }) => state !== 'serving'))
      .map(({ pool }) => ({
        subject: `pool ${pool}`,
        message:
          "No target of it serves, so every request goes Kong's own way, which knows nothing of drains.",
        fix: `Give the pods a sidecar with DRAIN_POOL=${pool} (annotation kong-drain.dev/pool), and look at its /status: is the runtime healthy?`,
      })),
};
