/** Owns the options of a fleet and what they default to. Invariant: a mode alone makes a whole fleet. */
import type { Hook } from './pre-stop-hook';

/** `plain`: the rollout as most run it today, nothing of ours. `drain`: sidecars, plugins, registry. */
export type FleetMode = 'plain' | 'drain';

export interface FleetOptions {
  readonly mode: FleetMode;
  /** Default 2. */
  readonly pods?: number;
  /** Default 1. */
  readonly gateways?: number;
  /** nginx workers of each gateway, default 2. */
  readonly workers?: number;
  /** The runtimes speak HTTPS. */
  readonly https?: boolean;
  /** `request_buffering: false` on the route. */
  readonly unbuffered?: boolean;
  readonly preserveHost?: boolean;
  /** Of the Kong Service; as in kong.yml (5) if left out. */
  readonly retries?: number;
  /** Laid over the config of the `drain` plugin. */
  readonly drain?: Readonly<Record<string, unknown>>;
  /** Who starts the plugin servers, default `started` (by Kong). */
  readonly pluginServer?: 'started' | 'external';
  /** terminationGracePeriodSeconds, default 30; or of each pod, by its number. */
  readonly graceSeconds?: number | ((podNumber: number) => number);
  /** Default: `drain` in drain mode, `none` in plain mode. */
  readonly hook?: Hook;
  /** Default `native`. */
  readonly sidecarKind?: 'native' | 'plain';
  /** Default: `graceful` in drain mode, `exit` in plain mode. */
  readonly runtimeShutdown?: 'graceful' | 'exit';
  /** From a pod's deletion to its endpoint's removal, in ms; default 1000. */
  readonly endpointLagMs?: number;
  /** Of the kubelet's readiness probe, in ms; default 200. */
  readonly readinessPeriodMs?: number;
  /** Of the registry's Redis; a free one if left out. Known beforehand, a relay can be put before it. */
  readonly redisPort?: number;
  /** Of the Service's choice among endpoints; default 1. */
  readonly seed?: number;
  /** Default: a new directory, removed by `stop()`. */
  readonly dir?: string;
  /** More RT_*, DRAIN_* and KONG_* variables. */
  readonly runtimeEnv?: Readonly<Record<string, string>>;
  readonly sidecarEnv?: Readonly<Record<string, string>>;
  readonly gatewayEnv?: Readonly<Record<string, string>>;
}

export type FullFleetOptions = FleetOptions &
  Required<
    Pick<
      FleetOptions,
      | 'pods'
      | 'gateways'
      | 'pluginServer'
      | 'graceSeconds'
      | 'hook'
      | 'sidecarKind'
      | 'runtimeShutdown'
      | 'seed'
    >
  >;

export const POOL = 'rt';

/** The options with everything decided that the fleet itself decides. */
export function withDefaults(options: FleetOptions): FullFleetOptions {
  const drains = options.mode === 'drain';
  return {
    pods: 2,
    gateways: 1,
    pluginServer: 'started',
    graceSeconds: 30,
    hook: drains ? 'drain' : 'none',
    sidecarKind: 'native',
    runtimeShutdown: drains ? 'graceful' : 'exit',
    seed: 1,
    ...options,
  };
}

/** RT_* of a pod's runtime. */
export function runtimeEnv(options: FullFleetOptions): NodeJS.ProcessEnv {
  return {
    RT_SHUTDOWN: options.runtimeShutdown,
    ...(options.https ? { RT_HTTPS: '1' } : {}),
    ...options.runtimeEnv,
  };
}

/** terminationGracePeriodSeconds of the pod with that number. */
export function graceSecondsOf({ graceSeconds }: FullFleetOptions, podNumber: number): number {
  return typeof graceSeconds === 'number' ? graceSeconds : graceSeconds(podNumber);
}

/** DRAIN_* of a pod's sidecar. */
export function sidecarEnv(
  options: FullFleetOptions,
  redisUrl: string,
  podNumber: number,
): NodeJS.ProcessEnv {
  return {
    DRAIN_POOL: POOL,
    DRAIN_REDIS_URL: redisUrl,
    DRAIN_GRACE_SECONDS: String(graceSecondsOf(options, podNumber)),
    ...options.sidecarEnv,
  };
}
