/**
 * Owns what a pool's state means to people: who serves, who drains, and who still holds it.
 * Invariant: a pure function of one look at the pool; what it says of a drain is what gateways still hold. What its sidecar
 * makes of that only the pod knows: its own sockets, and for how long it waits for what streams.
 */
import { barrier, type Hold } from '../../core/barrier';
import { podNameOf } from '../../core/pod-id';
import { reportedMsOf, type GatewayRecord } from '../../core/records';
import type { OverviewTarget, PoolOverview } from '../../registry/pool-overview';

export interface DrainStatus {
  /** Gateways with a live lease that have acked, of how many. */
  readonly acked: number;
  readonly gateways: number;
  readonly heldBy: readonly Hold[];
  /** No gateway holds it, and the registry has been whole for a lease. */
  readonly clear: boolean;
  /** An order of an operator or of the controller, which outlives the sidecar. */
  readonly ordered: boolean;
  /** To its deadline, where the sidecar has said when that is: an operator's drain has none. */
  readonly leftMs?: number;
}

export interface TargetStatus {
  readonly target: string;
  /** `expired`: its lease has ended and no gateway was there to notice. */
  readonly state: 'serving' | 'draining' | 'gone' | 'expired';
  readonly by?: string;
  readonly pod?: string;
  readonly podId?: string;
  readonly node?: string;
  /** Since this state began. */
  readonly ageMs: number;
  readonly inFlight: number;
  /** Of them, uploads. */
  readonly uploads: number;
  readonly drain?: DrainStatus;
}

export interface GatewayStatus {
  readonly gateway: string;
  readonly lease: 'live' | 'lost' | 'left';
  /** Negative for a lost one. */
  readonly leaseLeftMs: number;
  readonly ackedEpoch: number;
  /** It routes by the pool's newest epoch. */
  readonly current: boolean;
  /** Since its last report, which it makes only of what its Kong answered. */
  readonly lastSyncMs: number;
  readonly inFlight: number;
  /** Requests that Kong's own routing placed: they may be at any target. */
  readonly unassigned: number;
  readonly addresses: readonly string[];
}

export interface PoolStatus {
  readonly pool: string;
  readonly run: string;
  readonly epoch: number;
  /** Of this run of the registry. */
  readonly ageMs: number;
  /** For how long a gateway may still be missing in it; 0 of one that is older than a lease. */
  readonly wholeInMs: number;
  readonly targets: readonly TargetStatus[];
  readonly gateways: readonly GatewayStatus[];
  /** Pods that an order drains and that have no target here. */
  readonly orderedPods: readonly string[];
}

const DEFAULT_LEASE_MS = 3000;

export function poolStatus(seen: PoolOverview): PoolStatus {
  const { name, run, epoch, bornMs, nowMs, orders } = seen;
  const present = new Set(
    seen.targets.filter(({ state }) => state !== 'gone').map(({ pod }) => pod),
  );
  return {
    pool: name,
    run,
    epoch,
    ageMs: nowMs - bornMs,
    wholeInMs: Math.max(0, bornMs + leaseMsOf(seen) - nowMs),
    targets: seen.targets.map((target) => targetStatus(target, seen)),
    gateways: seen.gateways.map((gateway) => gatewayStatus(gateway, seen)),
    orderedPods: [...orders.keys()].filter((pod) => !present.has(pod)),
  };
}

function targetStatus(target: OverviewTarget, seen: PoolOverview): TargetStatus {
  const { id, pod, node, by, sinceMs, leaseUntilMs } = target;
  const state =
    target.state !== 'gone' && leaseUntilMs < seen.nowMs ? ('expired' as const) : target.state;
  return {
    target: id,
    state,
    ...(by === undefined ? {} : { by }),
    ...(pod === undefined ? {} : { pod: podNameOf(pod), podId: pod }),
    ...(node === undefined ? {} : { node }),
    ageMs: Math.max(0, seen.nowMs - sinceMs),
    ...inFlightOf(target, seen),
    ...(state === 'draining' ? { drain: drainStatus(target, seen) } : {}),
  };
}

/** What a gateway says of a drain is newer than its counts, which it makes once in a renewal. */
function inFlightOf({ id, state, epoch }: OverviewTarget, seen: PoolOverview) {
  const live = seen.gateways.filter((gateway) => leaseOf(gateway, seen) === 'live');
  const told = live.map((gateway) => {
    const inFlight =
      state !== 'serving' && gateway.epoch >= epoch
        ? (gateway.holding[id] ?? 0)
        : (seen.counts.get(gateway.id)?.[id] ?? 0);
    // The two may be of different moments.
    return { inFlight, uploads: Math.min(gateway.uploads?.[id] ?? 0, inFlight) };
  });
  return {
    inFlight: sum(told.map(({ inFlight }) => inFlight)),
    uploads: sum(told.map(({ uploads }) => uploads)),
  };
}

function drainStatus({ id, epoch, pod, untilMs }: OverviewTarget, seen: PoolOverview): DrainStatus {
  const { nowMs, bornMs, gateways, orders } = seen;
  const { live, holds, clear } = barrier(
    { target: id, epoch },
    { nowMs, wholeSinceMs: bornMs, leaseMs: leaseMsOf(seen), gateways },
  );
  return {
    acked: live.length - holds.filter(({ why }) => why === 'not-acked').length,
    gateways: live.length,
    heldBy: holds,
    clear,
    ordered: pod !== undefined && orders.has(pod),
    ...(untilMs === undefined ? {} : { leftMs: Math.max(0, untilMs - nowMs) }),
  };
}

function leaseMsOf({ gateways }: PoolOverview): number {
  return Math.max(DEFAULT_LEASE_MS, ...gateways.map(({ leaseMs }) => leaseMs));
}

function gatewayStatus(gateway: GatewayRecord, seen: PoolOverview): GatewayStatus {
  const { id, leaseUntilMs, epoch, unassigned, addresses } = gateway;
  return {
    gateway: id,
    lease: leaseOf(gateway, seen),
    leaseLeftMs: leaseUntilMs - seen.nowMs,
    ackedEpoch: epoch,
    current: epoch >= seen.epoch,
    lastSyncMs: Math.max(0, seen.nowMs - reportedMsOf(gateway)),
    inFlight: sum(Object.values(seen.counts.get(id) ?? {})),
    unassigned,
    addresses,
  };
}

function leaseOf({ left, leaseUntilMs }: GatewayRecord, seen: PoolOverview) {
  if (left === true) return 'left' as const;
  return leaseUntilMs >= seen.nowMs ? ('live' as const) : ('lost' as const);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
