import type { Check } from '../check';
import { hasServingTarget, lastLook, liveGateways } from '../pool-facts';

export const poolWithoutTargets: Check = {
  id: 'pool-without-targets',
  severity: 'error',
  title: 'Each pool that gateways serve has targets',
  needs: 'pools',
  find: ({ pools }) =>
    pools
      .filter((pool) => liveGateways(lastLook(pool)).length > 0)
      .filter((pool) => !hasServingTarget(pool))
      .map(({ pool }) => ({
        subject: `pool ${pool}`,
        message:
          "No target of it serves, so every request goes Kong's own way, which knows nothing of drains.",
        fix: `Give the pods a sidecar with DRAIN_POOL=${pool} (annotation kong-drain.dev/pool), and look at its /status: is the runtime healthy? If "${pool}" is not the name that the sidecars use, correct "pool" of the plugin drain on the Kong Service.`,
      })),
};
