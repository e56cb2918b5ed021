/** Owns the injector's environment: parsed once, every problem said at once. */
import { z } from 'zod';
import { milliseconds, parseEnv } from '../registry/env';
import { registryEnv } from '../registry/open';
import type { InjectionSettings } from './inject/settings';
import type { Lives } from './tls/material';

const hostPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]*):\d+$/, 'expected host:port or :port');
const minutes = (byDefault: number) => z.coerce.number().min(0.1).max(5_256_000).default(byDefault);
const MINUTES_A_DAY = 1440;
/** Beside 443 the only port to which the firewall of a private GKE cluster lets the control plane. */
export const WEBHOOK_PORT = 10_250;

export const envSchema = z.object({
  DRAIN_SIDECAR_IMAGE: z
    .string()
    .optional()
    .describe("image of the injected sidecar (unset: the injector's own)"),
  DRAIN_SIDECAR_PULL_POLICY: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .optional()
    .describe("its imagePullPolicy (unset: Kubernetes' own default)"),
  DRAIN_SIDECAR_USER: z.coerce
    .number()
    .int()
    .min(1)
    .default(1000)
    .describe('its user id, not 0 (in the image: node)'),
  DRAIN_SIDECAR_REDIS_SECRET: z
    .string()
    .optional()
    .describe("Secret of the pod's namespace with the sidecar's Redis; `{pool}` is replaced"),
  DRAIN_SIDECAR_REDIS_URL_KEY: z
    .string()
    .default('url')
    .describe("its key with the sidecar's DRAIN_REDIS_URL"),
  DRAIN_SIDECAR_REDIS_OPTIONS_KEY: z
    .string()
    .default('options')
    .describe("its key, which may be missing, with the sidecar's DRAIN_REDIS_OPTIONS"),
  DRAIN_SIDECAR_REDIS_URL: z
    .string()
    .optional()
    .describe('in place of the Secret: a Redis without a password'),
  DRAIN_SIDECAR_GRACE_SECONDS: z.coerce
    .number()
    .int()
    .min(10)
    .max(86_400)
    .default(300)
    .describe('grace period of pods that are not annotated with one, s'),
  DRAIN_NATIVE_SIDECARS: z
    .enum(['auto', 'off'])
    .default('auto')
    .describe('`off`: plain sidecars also on 1.29 and newer (nodes may still be older)'),
  DRAIN_BAD_PODS: z
    .enum(['admit', 'deny'])
    .default('admit')
    .describe('pods with wrong annotations: admitted without a sidecar, or denied'),
  DRAIN_WEBHOOK_LISTEN: hostPort
    .default(`:${WEBHOOK_PORT}`)
    .describe('host:port of the webhook, HTTPS'),
  DRAIN_METRICS_LISTEN: hostPort
    .default(':9090')
    .describe('host:port of /metrics, /healthz and /readyz, HTTP'),
  DRAIN_WEBHOOK_CONFIGURATION: z
    .string()
    .default('drain-injector')
    .describe('the MutatingWebhookConfiguration whose caBundle is kept'),
  DRAIN_WEBHOOK_NAMES: z
    .string()
    .default('kong-drain-injector.kong-drain.svc')
    .describe('comma list of names and addresses by which the API server calls the webhook'),
  DRAIN_TLS_SECRET: z.string().default('kong-drain-tls').describe('Secret with its certificates'),
  DRAIN_TLS_DIR: z
    .string()
    .optional()
    .describe('directory with tls.crt and tls.key that another keeps (unset: own certificates)'),
  DRAIN_TLS_CA_MINUTES: minutes(365 * MINUTES_A_DAY).describe('life of the own authority, min'),
  DRAIN_TLS_CERT_MINUTES: minutes(30 * MINUTES_A_DAY).describe(
    'life of the own serving certificate, min; renewed when a third is left',
  ),
  DRAIN_CONTROLLER: z
    .enum(['on', 'off'])
    .default('on')
    .describe('`off`: this replica never leads the controller'),
  DRAIN_LEADER_LEASE: z.string().default('kong-drain-controller').describe('the Lease it leads by'),
  DRAIN_LEADER_LEASE_MS: milliseconds(15_000, 3000, 300_000).describe('its duration, ms'),
  DRAIN_COST_ROUND_MS: milliseconds(2000, 200, 600_000).describe(
    'look at the loads of the pools, ms',
  ),
  DRAIN_COST_LEAST_MS: milliseconds(10_000, 500, 3_600_000).describe(
    "between two writes of a pod's deletion cost, ms",
  ),
  DRAIN_SCAN_MS: milliseconds(60_000, 1000, 3_600_000).describe(
    'look for pods without their sidecar, ms',
  ),
  DRAIN_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('log level'),
  POD_NAME: z.string().default('injector').describe("the replica's name (downward API)"),
  POD_NAMESPACE: z.string().default('kong-drain').describe('where Secret and Lease live'),
  ...registryEnv,
  DRAIN_ALLOWED_CIDRS: registryEnv.DRAIN_ALLOWED_CIDRS.describe(
    'comma list; records of other addresses are ignored (empty: all allowed); the sidecars get it too',
  ),
});

export type InjectorConfig = Readonly<z.infer<typeof envSchema>> & {
  readonly names: readonly string[];
  readonly lives: Lives;
};

/** Reads the environment. Throws `BAD_CONFIG` that lists every problem. */
export function parseConfig(env: NodeJS.ProcessEnv): InjectorConfig {
  const config = parseEnv(envSchema, env, (right) => [
    Boolean(env.DRAIN_SIDECAR_REDIS_SECRET) === Boolean(env.DRAIN_SIDECAR_REDIS_URL) &&
      'give one of DRAIN_SIDECAR_REDIS_SECRET and DRAIN_SIDECAR_REDIS_URL',
    Number(right.DRAIN_TLS_CA_MINUTES) < 2 * Number(right.DRAIN_TLS_CERT_MINUTES) &&
      'DRAIN_TLS_CA_MINUTES must be at least twice DRAIN_TLS_CERT_MINUTES',
    right.DRAIN_SIDECAR_REDIS_URL?.includes('@') === true &&
      'DRAIN_SIDECAR_REDIS_URL would show its password in every pod: use DRAIN_SIDECAR_REDIS_SECRET',
    namesOf(right.DRAIN_WEBHOOK_NAMES ?? '-').includes('') &&
      'DRAIN_WEBHOOK_NAMES holds an empty name',
  ]);
  const names = namesOf(config.DRAIN_WEBHOOK_NAMES);
  const lives = {
    authorityMs: config.DRAIN_TLS_CA_MINUTES * 60_000,
    servingMs: config.DRAIN_TLS_CERT_MINUTES * 60_000,
  };
  return Object.freeze({ ...config, names, lives });
}

function namesOf(list: string): string[] {
  return list.split(',').map((name) => name.trim());
}

/** What is injected, given the sidecar's image and whether the server has native sidecars. */
export function injectionSettings(
  config: InjectorConfig,
  image: string,
  hasNativeSidecars: boolean,
): InjectionSettings {
  const secret = config.DRAIN_SIDECAR_REDIS_SECRET;
  return {
    image,
    pullPolicy: config.DRAIN_SIDECAR_PULL_POLICY,
    user: config.DRAIN_SIDECAR_USER,
    redis:
      secret === undefined
        ? { url: config.DRAIN_SIDECAR_REDIS_URL ?? '' }
        : {
            secret,
            urlKey: config.DRAIN_SIDECAR_REDIS_URL_KEY,
            optionsKey: config.DRAIN_SIDECAR_REDIS_OPTIONS_KEY,
          },
    allowedCidrs: config.DRAIN_ALLOWED_CIDRS,
    graceSeconds: config.DRAIN_SIDECAR_GRACE_SECONDS,
    hasNativeSidecars: hasNativeSidecars && config.DRAIN_NATIVE_SIDECARS === 'auto',
  };
}
