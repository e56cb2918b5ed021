/**
 * Owns the rule that releases a target: who still holds its drain.
 * Invariant (Safe): `clear` only if every gateway with a live lease has acked the drain's epoch and, in a report made
 * after that, has nothing in flight for the target (or nothing but what streams, for longer than there is patience),
 * and the registry has been whole for a lease, so that no gateway with a live lease is missing from it.
 */
import { reportedMsOf, type GatewayRecord } from './records';
import { areLong, closedConnections, type ClosedConnections, type Patience } from './streams';

export interface DrainMark {
  readonly target: string;
  /** The epoch at which the target's draining began. */
  readonly epoch: number;
  /** With streams, where a drain does not wait for their end. */
  readonly patience?: Patience;
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
  | {
      readonly gateway: string;
      readonly why: 'in-flight';
      readonly inFlight: number;
      /** Of them, requests that stream. */
      readonly streams?: number;
    };

/** The requests in flight by which gateways hold a drain. */
export function requestsOf(holds: readonly Hold[]): number {
  return holds.reduce((sum, hold) => sum + (hold.why === 'in-flight' ? hold.inFlight : 0), 0);
}

/** Connections that stream, by the gateway that they come through. */
export type StreamsOf = ClosedConnections & { readonly gateway: string };

export interface Barrier {
  readonly clear: boolean;
  readonly live: readonly GatewayRecord[];
  readonly holds: readonly Hold[];
  /** What streams through live gateways, also where they do not hold the drain by it any more. */
  readonly streams: readonly StreamsOf[];
  /** Gateways whose lease has ended: what they sent can only be seen on the pod's own sockets. */
  readonly lost: readonly GatewayRecord[];
  /** For how long the registry may still be missing a gateway, in ms. */
  readonly wholeInMs: number;
}

/** How the drain stands. Gateways that have left for good neither hold nor are lost. */
export function barrier(mark: DrainMark, sight: PoolSight): Barrier {
  const present = sight.gateways.filter(({ left }) => left !== true);
  const live = present.filter(({ leaseUntilMs }) => leaseUntilMs >= sight.nowMs);
  const holds = live.flatMap((gateway) => hold(mark, gateway, sight.nowMs));
  const wholeInMs = Math.max(0, sight.wholeSinceMs + sight.leaseMs - sight.nowMs);
  return {
    clear: holds.length === 0 && wholeInMs === 0,
    live,
    holds,
    streams: live.flatMap((gateway) => streamsOf(mark, gateway, sight.nowMs)),
    lost: present.filter(({ leaseUntilMs }) => leaseUntilMs < sight.nowMs),
    wholeInMs,
  };
}

function hold(mark: DrainMark, gateway: GatewayRecord, nowMs: number): Hold[] {
  if (gateway.epoch < mark.epoch) {
    return [{ gateway: gateway.id, why: 'not-acked', ackedEpoch: gateway.epoch }];
  }
  const inFlight = gateway.holding[mark.target] ?? 0;
  if (inFlight <= 0) return [];
  const streams = gateway.streams?.[mark.target];
  const when = { nowMs, reportedMs: reportedMsOf(gateway) };
  if (streams && mark.patience && areLong(streams, inFlight, when, mark.patience)) return [];
  return [
    {
      ...({ gateway: gateway.id, why: 'in-flight', inFlight } as const),
      ...(streams ? { streams: streams.requests } : {}),
    },
  ];
}

function streamsOf(mark: DrainMark, gateway: GatewayRecord, nowMs: number): StreamsOf[] {
  const streams = gateway.streams?.[mark.target];
  if (!streams) return [];
  const when = { nowMs, reportedMs: reportedMsOf(gateway) };
  return closedConnections(streams, when).map((one) => ({ ...one, gateway: gateway.id }));
}
