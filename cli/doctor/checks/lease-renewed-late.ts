import type { Check } from '../check';
import { hasLiveGateway, longestGapMs } from '../pool-facts';
import { span } from '../../output/span';

/** A third is the default (1 s of 3 s). Beyond a half one lost renewal ends the lease, at 0.9 of it Kong's view. */
const SHARE_MAX = 0.48;

export const leaseRenewedLate: Check = {
  id: 'lease-renewed-late',
  severity: 'warning',
  title: 'Gateways renew their leases in good time',
  needs: 'pools',
  applies: hasLiveGateway,
  find: ({ pools }) =>
    pools.flatMap((pool) =>
      longestGapMs(pool)
        .filter(({ gapMs, leaseMs }) => gapMs > leaseMs * SHARE_MAX)
        .map(({ gateway, gapMs, leaseMs }) => ({
          subject: `gateway ${gateway}, pool ${pool.pool}`,
          message: `It renewed its lease of ${span(leaseMs)} only after ${span(gapMs)}: one renewal that is lost or slow ends it, and Kong then routes without the registry.`,
          fix: "Set the plugin server's DRAIN_LEASE_MS to three times DRAIN_RENEW_MS or more (default 3000 and 1000); if it is, its machine or the way to Redis is too slow.",
        })),
    ),
};
