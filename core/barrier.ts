/**
 * Owns the rule that releases a target: who still holds its drain.
 * Invariant (Safe): `clear` only if every gateway with a live lease has acked the drain's epoch and, in a report made
 * after that, has nothing in flight for the target, and the registry has been whole for a lease, so that no gateway
 * with a live lease is missing from it.
 */
import type { GatewayRecord } from './records';

export interface DrainMark {
  readonly target: string;
  /** The epoch at which the target's draining began. */
  readonly epoch: number;
}

export interface PoolSight {
  /** Redis time. */
  readonly nowMs: number;
  /** Since when the registry can be taken to know every gateway: its run's birth, or a reconnection of ours. */
  readonly wholeSinceMs: number;
  readonly leaseMs: number;
  readonly gateways: readonly GatewayRecord[];
}

export type Hold =
  | { readonly gateway: string; readonly why: 'not-acked'; readonly ackedEpoch: number }
  | { readonly gateway: string; readonly why: 'in-flight'; readonly inFlight: number };

export interface Barrier {
  readonly clear: boolean;
  readonly live: readonly GatewayRecord[];
  readonly holds: readonly Hold[];
  /** Gateways whose lease has ended: what they sent can only be seen on the pod's own sockets. */
  readonly lost: readonly GatewayRecord[];
  /** For how long the registry may still be missing a gateway, in ms. */
  readonly wholeInMs: number;
}

/** How the drain stands. Gateways that have left for good neither hold nor are lost. */
export function barrier(mark: DrainMark, sight: PoolSight): Barrier {
  const present = sight.gateways.filter(({ left }) => left !== true);
  const live = present.filter(({ leaseUntilMs }) => leaseUntilMs >= sight.nowMs);
  const holds = live.flatMap((gateway) => hold(mark, gateway));
  const wholeInMs = Math.max(0, sight.wholeSinceMs + sight.leaseMs - sight.nowMs);
  return {
    clear: holds.length === 0 && wholeInMs === 0,
    live,
    holds,
    lost: present.filter(({ leaseUntilMs }) => leaseUntilMs < sight.nowMs),
    wholeInMs,
  };
}

function hold(mark: DrainMark, gateway: GatewayRecord): Hold[] {
  if (gateway.epoch < mark.epoch) {
    return [{ gateway: gateway.id, why: 'not-acked', ackedEpoch: gateway.epoch }];
  }
  const inFlight = gateway.holding[mark.target] ?? 0;
  return inFlight > 0 ? [{ gateway: gateway.id, why: 'in-flight', inFlight }] : [];
}
