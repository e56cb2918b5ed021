/** Owns how a process reads its environment: parsed once, all problems reported together, unknown DRAIN_ keys refused. */
import { z } from 'zod';
import { DrainError, messageOf } from '../core/errors';

/** A whole number of ms with a default and bounds. */
export function milliseconds(byDefault: number, least: number, most: number) {
  return z.coerce.number().int().min(least).max(most).default(byDefault);
}

/** What is wrong with a lease and its renewals; false where nothing is. */
export function leaseProblem(times: {
  readonly DRAIN_LEASE_MS?: number;
  readonly DRAIN_RENEW_MS?: number;
}): string | false {
  const { DRAIN_LEASE_MS: leaseMs, DRAIN_RENEW_MS: renewMs } = times;
  if (leaseMs === undefined || renewMs === undefined || leaseMs >= 2 * renewMs) return false;
  return 'DRAIN_LEASE_MS must be at least twice DRAIN_RENEW_MS';
}

// Kubernetes gives each container variables for every Service of its namespace: a Service named drain-x gives these.
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)$/;
const SERVICE_LINK_VALUE = /^(tcp|udp|sctp):\/\//;

const LISTEN = /^(?:\[[0-9a-fA-F:]+\]|[^:\s]*):(\d+)$/;

/** `host:port`, or `:port` for all addresses. */
export function listenAddress() {
  return z.string().refine((text) => Number(LISTEN.exec(text)?.[1] ?? Infinity) <= 65_535, {
    error: 'expected host:port or :port',
  });
}

/** An http:// or https:// address. */
export function httpUrl() {
  return z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });
}

/** A zone's name: a value of the label topology.kubernetes.io/zone. */
export function zone() {
  return z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, "letters, digits and '._-' only, 63 at most")
    .optional();
}

/** For `superRefine`: text that `parse` can read; what it throws is the problem. */
export function readableBy(parse: (text: string) => unknown) {
  return (text: string, context: z.RefinementCtx): void => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  };
}

/**
 * Parses by a schema whose keys are variables. `check` is given what is right in itself and names what does not go
 * together. Throws `BAD_CONFIG` that lists every problem. A variable that is set to nothing counts as not set.
 */
export function parseEnv<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: NodeJS.ProcessEnv,
  check: (right: Partial<z.infer<z.ZodObject<Shape>>>) => readonly (string | false)[] = () => [],
): z.infer<z.ZodObject<Shape>> {
  const known = new Set(Object.keys(schema.shape));
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('DRAIN_') && !known.has(name) && !SERVICE_LINK.test(name),
  );
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value = '']) => value !== '' && !SERVICE_LINK_VALUE.test(value)),
  );
  const right: Record<string, unknown> = {};
  const problems = unknown.map((name) => `${name}: unknown variable (see --help)`);
  for (const [name, field] of Object.entries(schema.shape)) {
    const parsed = (field as z.ZodType).safeParse(given[name]);
    if (parsed.success) right[name] = parsed.data;
    else problems.push(...parsed.error.issues.map(({ message }) => `${name}: ${message}`));
  }
  const values = right as z.infer<z.ZodObject<Shape>>;
  problems.push(...check(values).filter((problem) => problem !== false));
  if (problems.length > 0) {
    throw new DrainError('BAD_CONFIG', `the environment is wrong:\n  ${problems.join('\n  ')}`);
  }
  return values;
}

/** One line per variable for --help: name, meaning, default. */
export function describeEnv(schema: z.ZodObject): string {
  return Object.entries(schema.shape)
    .map(([name, field]) => {
      const type = field as z.ZodType;
      const byDefault = type.safeParse(undefined);
      const given = byDefault.success ? byDefault.data : undefined;
      const shown = !byDefault.success
        ? 'required'
        : given === undefined || given === ''
          ? ''
          : `default ${given as string | number}`;
      return `  ${name.padEnd(26)} ${type.description ?? ''}${shown === '' ? '' : ` (${shown})`}`;
    })
    .join('\n');
}
