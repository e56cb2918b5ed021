/**
 * Owns the annotations: what a pod may say to the injector, and what the injector writes on it for the controller.
 * Invariant: a name is written here only; docs/annotations.md is made from this table. Unknown names are errors.
 */
import { z } from 'zod';
import { DrainError } from '../core/errors';

export const PREFIX = 'kong-drain.dev/';

/** On a namespace: its pods are shown to the webhook. */
export const NAMESPACE_LABEL = `${PREFIX}injection`;
export const NAMESPACE_ENABLED = 'enabled';

/** Written by the injector: the label that the controller selects pods by, and the port of the pod's target. */
export const INJECTED_LABEL = `${PREFIX}injected`;
export const TARGET_PORT = `${PREFIX}target-port`;
export const POOL = `${PREFIX}pool`;
export const DELETION_COST = `${PREFIX}deletion-cost`;

const number = (least: number, most: number) =>
  z.coerce.number({ error: 'expected a whole number' }).int().min(least).max(most);
const path = z.string().regex(/^\/\S*$/, 'begins with / and holds no spaces');
const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?$/, 'expected a quantity such as 10m or 64Mi');
const portOrName = z
  .string()
  .regex(/^([1-9]\d{0,4}|[a-z0-9-]{1,15})$/, 'a port number, or the name of a container port')
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : text))
  .refine((port) => typeof port === 'string' || port <= 65_535, 'at most 65535');

/** The pod's annotations, without the prefix. */
export const annotationSchema = z.object({
  pool: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, "lower-case letters, digits, '-' and '.' only")
    .describe("the pool, as in the drain plugin's config; without it a pod is left alone"),
  port: portOrName
    .optional()
    .describe("the runtime's port, number or name (else: its only one, or the one named http[s])"),
  container: z
    .string()
    .min(1)
    .optional()
    .describe("the runtime's container (else: the one that has the port)"),
  'health-path': path
    .optional()
    .describe("the runtime's health endpoint (else: its readiness probe's, or `/health`)"),
  'health-port': portOrName
    .optional()
    .describe("its port (else: the readiness probe's, or `port`)"),
  'health-scheme': z
    .enum(['http', 'https'])
    .optional()
    .describe("`http` or `https` (else: the readiness probe's, or https for a port named so)"),
  'uploads-url': z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'where in the pod the runtime lists its uploads, such as `http://localhost:8080/uploads`',
    ),
  'grace-seconds': number(10, 86_400)
    .optional()
    .describe(
      "terminationGracePeriodSeconds is raised to it, never lowered (else: the injector's, 300)",
    ),
  'reserve-seconds': number(0, 3600)
    .default(5)
    .describe("of it, for the runtime's own shutdown after the drain"),
  'direct-clients': z
    .enum(['auto', 'yes', 'no'])
    .default('auto')
    .describe(
      'clients come past Kong: the drain waits for the endpoint removal, too (`auto`: if some were seen)',
    ),
  'tell-path': path
    .optional()
    .describe('POSTed at `health-port` when the drain begins: answer with `Connection: close`'),
  'long-connection-seconds': number(0, 86_400)
    .optional()
    .describe(
      'wait no longer than this for what streams, as WebSockets do (else: to the deadline)',
    ),
  'hook-containers': z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .optional()
    .describe('comma list of the containers to get the preStop hook (else: every ordinary one)'),
  sidecar: z
    .enum(['auto', 'native', 'plain'])
    .default('auto')
    .describe('`native` needs Kubernetes 1.29; `auto`: native where the server has it'),
  'sidecar-port': number(1, 65_535).default(8081).describe("the sidecar's own port"),
  'sidecar-cpu-request': quantity.optional().describe('else 10m, or 100m in a Guaranteed pod'),
  'sidecar-cpu-limit': quantity.optional().describe('else none; in a Guaranteed pod the request'),
  'sidecar-memory-request': quantity.optional().describe('else 64Mi, or 128Mi if Guaranteed'),
  'sidecar-memory-limit': quantity.optional().describe('else 192Mi; if Guaranteed the request'),
  zone: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, "letters, digits and '._-' only, 63 at most")
    .optional()
    .describe('its zone (else: its label `topology.kubernetes.io/zone`, set by Kubernetes 1.35)'),
  'log-level': z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('log level'),
  'deletion-cost': z
    .enum(['on', 'off'])
    .default('on')
    .describe('`off`: pod-deletion-cost is not kept at the number of requests in flight'),
});

export type Wishes = Readonly<z.infer<typeof annotationSchema>>;

type Annotations = Readonly<Record<string, string>> | undefined;

/** Whether the pod asks for a sidecar. */
export function asksForSidecar(annotations: Annotations): boolean {
  return annotations?.[POOL] !== undefined;
}

/** Reads a pod's annotations. Throws `BAD_ANNOTATIONS` that names each one that is wrong and why. */
export function readWishes(annotations: Annotations): Wishes {
  const given = Object.entries(annotations ?? {})
    .filter(([name]) => name.startsWith(PREFIX) && name !== TARGET_PORT)
    .map(([name, value]) => [name.slice(PREFIX.length), value] as const);
  const parsed = annotationSchema.safeParse(Object.fromEntries(given));
  const problems = [
    ...given
      .filter(([name]) => !(name in annotationSchema.shape))
      .map(([name]) => `${PREFIX}${name}: no such annotation`),
    ...(parsed.error?.issues ?? []).map(
      (issue) => `${PREFIX}${issue.path.join('.')}: ${issue.message}`,
    ),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new DrainError('BAD_ANNOTATIONS', problems.join('; '));
  }
  return parsed.data;
}
