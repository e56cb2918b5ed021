/** Owns how a pool's status becomes what the page is told. Invariant: the same numbers, its times made absolute. */
import { podNameOf } from '../../../core/pod-id';
import type { PoolDrain } from '../../history/run';
import type { GatewayStatus, PoolStatus, TargetStatus } from '../../status/pool-status';
import type { WireDrain, WireGateway, WirePool, WireTarget } from '../page/wire';

/** @param nowMs by the clock of Redis, of the look that the status is of. */
export function wirePool(status: PoolStatus, nowMs: number): WirePool {
  const { pool, run, epoch, ageMs, wholeInMs, orderedPods } = status;
  const bornMs = nowMs - ageMs;
  const wholeAtMs = wholeInMs > 0 ? nowMs + wholeInMs : bornMs;
  return {
    head: { pool, run, epoch, bornMs, wholeAtMs, orderedPods },
    targets: status.targets.map((target) => wireTarget(target, nowMs)),
    gateways: status.gateways.map((gateway) => wireGateway(gateway, nowMs)),
  };
}

function wireTarget({ ageMs, drain, ...rest }: TargetStatus, nowMs: number): WireTarget {
  const target = { ...rest, sinceMs: nowMs - ageMs };
  if (!drain) return target;
  const { leftMs, ...told } = drain;
  const until = leftMs === undefined ? {} : { untilMs: nowMs + leftMs };
  return { ...target, drain: { ...told, ...until } };
}

function wireGateway(gateway: GatewayStatus, nowMs: number): WireGateway {
  const { leaseLeftMs, lastSyncMs, ...rest } = gateway;
  return { ...rest, leaseUntilMs: nowMs + leaseLeftMs, syncMs: nowMs - lastSyncMs };
}

export function wireDrain({ timeline: _, pod, ...drain }: PoolDrain): WireDrain {
  return { ...drain, ...(pod === undefined ? {} : { pod: podNameOf(pod), podId: pod }) };
}
