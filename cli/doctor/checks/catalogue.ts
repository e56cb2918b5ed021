/** Owns the list of the checks, in the order in which they are told: what may be the cause of others first. */
import type { Check } from '../check';
import { gatewayDoesNotAck } from './gateway-does-not-ack';
import { gatewayRoutesItself } from './gateway-routes-itself';
import { injectorUnwell } from './injector-unwell';
import { keepaliveOrder } from './keepalive-order';
import { kongConfig } from './kong-config';
import { kongTooOld } from './kong-too-old';
import { kongUnreachable } from './kong-unreachable';
import { leaseRenewedLate } from './lease-renewed-late';
import { poolWithoutGateway } from './pool-without-gateway';
import { poolWithoutTargets } from './pool-without-targets';
import { redisEvicts } from './redis-evicts';
import { redisReplica } from './redis-replica';
import { redisUnreachable } from './redis-unreachable';
import { sharedDictionaryMissing } from './shared-dictionary-missing';
import { sidecarUnwell } from './sidecar-unwell';
import { strangers } from './strangers';
import { syncRouteMissing } from './sync-route-missing';
import { syncRouteRefused } from './sync-route-refused';

export const CHECKS: readonly Check[] = [
  ...[redisUnreachable, redisReplica, redisEvicts],
  ...[kongUnreachable, kongTooOld, sharedDictionaryMissing, syncRouteMissing, syncRouteRefused],
  ...[kongConfig, keepaliveOrder, sidecarUnwell, injectorUnwell],
  ...[poolWithoutGateway, poolWithoutTargets, leaseRenewedLate],
  ...[gatewayDoesNotAck, gatewayRoutesItself, strangers],
];
