/** Owns how a process reads its environment: parsed once, all problems reported together, unknown DRAIN_ keys refused. */
import { z } from 'zod';
import { DrainError } from '../core/errors';

/** A whole number of ms with a default and bounds. */
export function milliseconds(byDefault: number, least: number, most: number) {
  return z.coerce.number().int().min(least).max(most).default(byDefault);
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

/** Parses by a schema whose keys are variables. Throws `BAD_CONFIG` that names each variable that is wrong and why. */
export function parseEnv<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: NodeJS.ProcessEnv,
): z.infer<z.ZodObject<Shape>> {
  const known = new Set(Object.keys(schema.shape));
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('DRAIN_') && !known.has(name) && !SERVICE_LINK.test(name),
  );
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value = '']) => value !== '' && !SERVICE_LINK_VALUE.test(value)),
  );
  const parsed = schema.safeParse(given);
  const problems = [
    ...unknown.map((name) => `${name}: unknown variable (see --help)`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new DrainError('BAD_CONFIG', `the environment is wrong:\n  ${problems.join('\n  ')}`);
  }
  return parsed.data;
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
