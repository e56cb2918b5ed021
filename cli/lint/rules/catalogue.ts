/** Owns the list of all rules, in the order in which docs/lint/ and --list-rules have them. */
import type { Rule } from '../rule';
import { drainConfig, drainPluginMissing, drainTries } from './drain/kong-side';
import { drainPoolUnknown } from './drain/pool';
import {
  drainGraceMismatch,
  drainHookMissing,
  drainListensLoopback,
  drainSidecarPlain,
} from './drain/sidecar';
import {
  registryEverywhere,
  syncRouteGuarded,
  syncRouteIncomplete,
  syncRouteMissing,
} from './drain/sync-route';
import { gatewayBodyLimit, gatewayPluginsOff, gatewaySharedDict } from './gateway/environment';
import {
  gatewayQuitExceedsGrace,
  gatewayQuitMissing,
  gatewayQuitTimeout,
  gatewayShutdownTimeout,
} from './gateway/quit';
import { kongFormatVersion } from './kong/format-version';
import { kongHealthFights, kongPassiveForGood } from './kong/health-checks';
import { kongRetriesZero, kongServiceIp } from './kong/retries';
import { kongAnswerTimeout, kongConnectTimeout } from './kong/timeouts';
import { kongBodyLimit, kongUnbuffered } from './kong/uploads';
import {
  nginxConnectTimeout,
  nginxReadTimeout,
  nginxSendTimeout,
  nginxShutdownTimeout,
  nginxStreamTimeout,
} from './nginx/timeouts';
import { nginxBodySize, nginxBodyTimeout, nginxUnbuffered } from './nginx/uploads';
import {
  nginxKeepaliveHalf,
  nginxNoNext,
  nginxNonIdempotent,
  nginxSingleServer,
} from './nginx/upstreams';
import { kongHeadless, serviceClientIp, servicePublishesNotReady } from './placement/service';
import { spreadBlocksSurge, spreadMissing, spreadSelector } from './placement/spread';
import { livenessImpatient, probeTimeoutOverPeriod } from './probes/liveness';
import { readinessDetectsLate, readinessMissing, readinessSlow } from './probes/readiness';
import { startupMissing } from './probes/startup';
import { portUnknown, probeHostLoopback } from './probes/targets';
import { hpaScaleDown } from './rollout/autoscaler';
import { budgetBlocks, budgetMatchesNothing, budgetOverlap } from './rollout/budget';
import { budgetMissing } from './rollout/budget-missing';
import { rolloutDaemonSurge } from './rollout/daemonset-surge';
import { rolloutMaxUnavailable } from './rollout/max-unavailable';
import { rolloutProgressDeadline } from './rollout/progress-deadline';
import { rolloutRecreate } from './rollout/recreate';
import { removedApi } from './rollout/removed-api';
import { replicasSingle, replicasWithHpa } from './rollout/replicas';
import { rolloutSurgeAll } from './rollout/surge-all';
import { hookFixedSleep } from './termination/fixed-sleep';
import {
  graceBelowRequest,
  graceBeyondAutoscaler,
  graceBeyondSpot,
  hookExceedsGrace,
} from './termination/grace';
import { hookMissing } from './termination/hook-missing';
import { keepaliveOrder } from './termination/keepalive';
import { commandSwallowsSigterm } from './termination/signals';

export interface RuleGroup {
  readonly title: string;
  readonly rules: readonly Rule[];
}

export const GROUPS: readonly RuleGroup[] = [
  {
    title: 'Rollouts, evictions, scaling',
    rules: [
      ...[rolloutMaxUnavailable, rolloutRecreate, rolloutDaemonSurge, rolloutSurgeAll],
      ...[rolloutProgressDeadline, budgetMissing, budgetBlocks, budgetOverlap],
      ...[budgetMatchesNothing, replicasSingle, replicasWithHpa, hpaScaleDown, removedApi],
    ],
  },
  {
    title: 'Probes and ports',
    rules: [
      ...[readinessMissing, readinessSlow, readinessDetectsLate, startupMissing],
      ...[livenessImpatient, probeTimeoutOverPeriod, probeHostLoopback, portUnknown],
    ],
  },
  {
    title: 'How pods end',
    rules: [
      ...[hookMissing, hookFixedSleep, hookExceedsGrace, graceBelowRequest],
      ...[graceBeyondSpot, graceBeyondAutoscaler, commandSwallowsSigterm, keepaliveOrder],
    ],
  },
  {
    title: 'Placement and Services',
    rules: [
      ...[spreadMissing, spreadSelector, spreadBlocksSurge],
      ...[serviceClientIp, servicePublishesNotReady, kongHeadless],
    ],
  },
  {
    title: "Kong's configuration",
    rules: [
      ...[kongFormatVersion, kongServiceIp, kongRetriesZero, kongConnectTimeout],
      ...[kongAnswerTimeout, kongHealthFights, kongPassiveForGood, kongBodyLimit, kongUnbuffered],
    ],
  },
  {
    title: "Kong's pods",
    rules: [
      ...[gatewayQuitMissing, gatewayQuitTimeout, gatewayQuitExceedsGrace],
      ...[gatewayShutdownTimeout, gatewayPluginsOff, gatewaySharedDict, gatewayBodyLimit],
    ],
  },
  {
    title: 'kong-drain itself',
    rules: [
      ...[drainHookMissing, drainGraceMismatch, drainListensLoopback, drainSidecarPlain],
      ...[drainPoolUnknown, drainPluginMissing, drainConfig, drainTries],
      ...[syncRouteMissing, syncRouteIncomplete, syncRouteGuarded, registryEverywhere],
    ],
  },
  {
    title: 'nginx in front',
    rules: [
      ...[nginxBodySize, nginxBodyTimeout, nginxReadTimeout, nginxSendTimeout],
      ...[nginxConnectTimeout, nginxStreamTimeout, nginxShutdownTimeout, nginxUnbuffered],
      ...[nginxNonIdempotent, nginxNoNext, nginxSingleServer, nginxKeepaliveHalf],
    ],
  },
];

export const RULES: readonly Rule[] = GROUPS.flatMap(({ rules }) => rules);
