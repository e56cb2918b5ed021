/** Owns the sidecar's environment: parsed once, every problem said at once. */
import { z } from 'zod';
import { podIdOf } from '../core/pod-id';
import { canonicalAddress, parseTarget, type Target } from '../core/target';
import {
  httpUrl,
  leaseProblem,
  listenAddress,
  milliseconds,
  parseEnv,
  readableBy,
  zone,
} from '../registry/env';
import { registryEnv } from '../registry/open';

const seconds = (byDefault: number, least: number, most: number) =>
  z.coerce.number().min(least).max(most).default(byDefault);
const token = z.string().min(8, 'a token has 8 characters at least').optional();

export const envSchema = z.object({
  ...registryEnv,
  DRAIN_POOL: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "lower-case letters, digits, '-' and '.' only")
    .describe("the pool, as in the drain plugin's config"),
  DRAIN_TARGET: z
    .string()
    .superRefine(readableBy(parseTarget))
    .optional()
    .describe('ip:port by which gateways reach the runtime (else: POD_IP and DRAIN_PORT)'),
  DRAIN_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("the runtime's port, with POD_IP in place of DRAIN_TARGET"),
  DRAIN_LISTEN: listenAddress()
    .default(':8081')
    .describe('host:port of the sidecar; not loopback, the kubelet calls the hook from the node'),
  DRAIN_HEALTH_URL: httpUrl().describe("the runtime's health endpoint, http:// or https://"),
  DRAIN_HEALTH_PERIOD_MS: milliseconds(1000, 50, 60_000).describe('time between health probes, ms'),
  DRAIN_HEALTH_FAILURES: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('failed probes in a row that withdraw the target'),
  DRAIN_UPLOADS_URL: httpUrl()
    .optional()
    .describe(
      'where the runtime lists its uploads, to say early which will not make it (unset: not said)',
    ),
  DRAIN_TELL_URL: httpUrl()
    .optional()
    .describe(
      'POSTed when the drain begins, for the runtime to answer with Connection: close (unset: not)',
    ),
  DRAIN_DIRECT_CLIENTS: z
    .enum(['auto', 'yes', 'no'])
    .default('auto')
    .describe('clients come past Kong, so wait DRAIN_SETTLE_MS for them (auto: if some were seen)'),
  DRAIN_GRACE_SECONDS: seconds(30, 1, 86_400).describe("the pod's terminationGracePeriodSeconds"),
  DRAIN_RESERVE_SECONDS: seconds(5, 0, 3600).describe("of it, for the runtime's own shutdown"),
  DRAIN_LONG_CONNECTION_SECONDS: z.coerce
    .number()
    .min(0)
    .max(86_400)
    .optional()
    .describe(
      'wait no longer than this for what streams, as WebSockets do (unset: to the deadline)',
    ),
  DRAIN_HOOK_TOKEN: token.describe('the hook must carry it as x-drain-token (unset: none needed)'),
  DRAIN_OPERATOR_TOKEN: token.describe('bearer token of /operator/… (unset: those are off)'),
  DRAIN_RENEW_MS: milliseconds(1000, 100, 60_000).describe('renewal of the announcement, ms'),
  DRAIN_LEASE_MS: milliseconds(3000, 500, 300_000).describe('how long a renewal holds, ms'),
  DRAIN_POLL_MS: milliseconds(25, 5, 1000).describe('look at the registry while draining, ms'),
  DRAIN_IDLE_QUIET_MS: milliseconds(1000, 0, 600_000).describe(
    'an idle connection of a lost gateway or a stranger must be silent so long, ms',
  ),
  DRAIN_OWING_QUIET_MS: milliseconds(15_000, 0, 600_000).describe(
    'the same for one whose peer waits for an answer, ms',
  ),
  DRAIN_SETTLE_MS: milliseconds(5000, 0, 600_000).describe(
    "without Redis, or with direct clients: wait for the cluster's own endpoint removal, ms",
  ),
  DRAIN_TERMINATION_LOG: z
    .string()
    .optional()
    .describe("file for the drain's result, as the container's termination message (unset: none)"),
  DRAIN_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('log level'),
  POD_NAME: z.string().optional().describe("the pod's name (downward API)"),
  POD_NAMESPACE: z.string().optional().describe("the pod's namespace (downward API)"),
  POD_UID: z
    .string()
    .optional()
    .describe("the pod's UID (downward API): tells a StatefulSet's pods of one name apart"),
  POD_IP: z
    .string()
    .superRefine(readableBy(canonicalAddress))
    .optional()
    .describe("the pod's IP, either family (downward API)"),
  NODE_NAME: z.string().optional().describe("the node's name (downward API)"),
  DRAIN_ZONE: zone().describe(
    "the pod's zone, which gateways in the same one prefer (unset: none)",
  ),
});

export type SidecarConfig = Readonly<z.infer<typeof envSchema>> & {
  readonly target: Target;
  /** By which the registry tells pods apart; orders are kept under it. */
  readonly podId: string | undefined;
  /** From the start of a drain to its answer at the latest. */
  readonly deadlineMs: number;
  /** Undefined: long connections are waited for, to the deadline. */
  readonly longMs: number | undefined;
};

/** Reads the environment. Throws `BAD_CONFIG` that lists every problem. */
export function parseConfig(env: NodeJS.ProcessEnv): SidecarConfig {
  const config = parseEnv(
    envSchema,
    env,
    ({ DRAIN_GRACE_SECONDS, DRAIN_RESERVE_SECONDS, ...right }) => [
      !env.DRAIN_TARGET &&
        !(env.POD_IP && env.DRAIN_PORT) &&
        'give DRAIN_TARGET, or POD_IP and DRAIN_PORT',
      Number(DRAIN_RESERVE_SECONDS) >= Number(DRAIN_GRACE_SECONDS) &&
        'DRAIN_RESERVE_SECONDS must be less than DRAIN_GRACE_SECONDS',
      leaseProblem(right),
      ...(['DRAIN_HOOK_TOKEN', 'DRAIN_OPERATOR_TOKEN'] as const).map(
        (name) =>
          env[name] === '' &&
          `${name} is set to nothing (an empty Secret?): unset it if none is wanted`,
      ),
    ],
  );
  const target = parseTarget(config.DRAIN_TARGET ?? podTarget(config.POD_IP, config.DRAIN_PORT));
  const deadlineMs = (config.DRAIN_GRACE_SECONDS - config.DRAIN_RESERVE_SECONDS) * 1000;
  const podId = podIdOf(config.POD_NAME, config.POD_UID);
  const longSeconds = config.DRAIN_LONG_CONNECTION_SECONDS;
  const longMs = longSeconds === undefined ? undefined : longSeconds * 1000;
  return Object.freeze({ ...config, target, podId, deadlineMs, longMs });
}

/** An IPv6 address cannot be put into brackets by the pod's spec, which does not know the family. */
function podTarget(ip = '', port = 0): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
