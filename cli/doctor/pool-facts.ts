/** Owns what several checks read out of the looks at a pool. */
import { reportedMsOf, type GatewayRecord } from '../../core/records';
import type { PoolOverview } from '../../registry/pool-overview';
import type { Evidence, PoolEvidence } from './evidence';

export function firstLook({ looks }: PoolEvidence): PoolOverview {
  return looks[0] as PoolOverview;
}

export function lastLook({ looks }: PoolEvidence): PoolOverview {
  return looks.at(-1) as PoolOverview;
}

export function liveGateways({ gateways, nowMs }: PoolOverview): GatewayRecord[] {
  return gateways.filter(({ left, leaseUntilMs }) => left !== true && leaseUntilMs >= nowMs);
}

/** Whether any gateway lives, of which something could be said. */
export function hasLiveGateway({ pools }: Evidence): boolean {
  return pools.some((pool) => liveGateways(lastLook(pool)).length > 0);
}

export function hasServingTarget(pool: PoolEvidence): boolean {
  return lastLook(pool).targets.some(({ state }) => state === 'serving');
}

export interface RenewalGap {
  readonly gateway: string;
  readonly gapMs: number;
  readonly leaseMs: number;
}

/** Of each gateway the longest time without a renewal that the looks show. */
export function longestGapMs(evidence: PoolEvidence): RenewalGap[] {
  const renewals = new Map<string, { at: number; leaseMs: number; gapMs: number }>();
  for (const { gateways, nowMs } of evidence.looks) {
    for (const gateway of gateways) {
      const { id, left, leaseMs } = gateway;
      if (left === true || leaseMs === 0) continue;
      const at = reportedMsOf(gateway);
      const known = renewals.get(id);
      const gapMs = Math.max(known?.gapMs ?? 0, nowMs - at, known ? at - known.at : 0);
      renewals.set(id, { at, leaseMs, gapMs });
    }
  }
  const live = new Set(liveGateways(lastLook(evidence)).map(({ id }) => id));
  return [...renewals]
    .filter(([gateway]) => live.has(gateway))
    .map(([gateway, { gapMs, leaseMs }]) => ({ gateway, gapMs, leaseMs }));
}
