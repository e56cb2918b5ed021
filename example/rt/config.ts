// Owns the configuration of the example runtime: read from RT_* variables once, frozen, every problem
// reported at once. An unknown RT_* variable is an error, because it is most likely a typing mistake.
import { tmpdir } from 'node:os';
import { z } from 'zod';

const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1');

const listen = z
  .string()
  .default(':8080')
  .transform((value, context) => {
    const parts = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/.exec(value);
    const port = Number(parts?.groups?.port ?? Number.NaN);
    if (!(port <= 65535)) {
      context.addIssue('expected host:port, :port or [ipv6]:port, such as :8080');
      return z.NEVER;
    }
    return { host: parts?.groups?.v6 ?? (parts?.groups?.host || undefined), port };
  });

const schema = z.strictObject({
  RT_LISTEN: listen.describe('address to listen on; port 0 takes a free one'),
  RT_HTTPS: flag.describe('1: serve HTTPS'),
  RT_TLS_CERT: z.string().optional().describe('PEM certificate file; self-signed if unset'),
  RT_TLS_KEY: z.string().optional().describe('PEM key file, together with RT_TLS_CERT'),
  RT_POD: z.string().default('rt').describe('name of this pod, answered in the header x-pod'),
  RT_DATA_DIR: z.string().default(tmpdir()).describe('directory for uploads'),
  RT_KEEP_UPLOADS: flag.describe('1: keep finished uploads on disk'),
  RT_TUS_DIR: z
    .string()
    .optional()
    .describe('directory shared by all pods, for resumable uploads (tus) at /files; off if unset'),
  RT_JOURNAL: z
    .string()
    .optional()
    .describe('file that gets one line per POST /echo; off if unset'),
  RT_SHUTDOWN: z
    .enum(['graceful', 'exit'])
    .default('graceful')
    .describe('at SIGTERM: graceful (finish all work) or exit (at once, as many runtimes do)'),
  RT_KEEPALIVE_SECONDS: z.coerce
    .number()
    .positive()
    .max(86_400)
    .default(75)
    .describe("seconds to keep an idle connection; longer than Kong's 60"),
  RT_FAULTS: flag.describe('1: allow POST /fault'),
  RT_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
});

export interface Config {
  readonly listen: { readonly host: string | undefined; readonly port: number };
  readonly https: boolean;
  /** PEM files; undefined means a self-signed certificate. */
  readonly tlsFiles: { readonly cert: string; readonly key: string } | undefined;
  readonly pod: string;
  readonly dataDir: string;
  readonly keepUploads: boolean;
  /** Of resumable uploads; undefined means none. */
  readonly tusDir: string | undefined;
  readonly journal: string | undefined;
  readonly shutdown: 'graceful' | 'exit';
  readonly keepAliveMs: number;
  readonly faults: boolean;
  readonly logLevel: string;
}

/** Names every problem of the configuration, one per line. */
export class ConfigError extends Error {
  readonly code = 'RT_CONFIG';
  constructor(problems: readonly string[]) {
    super(`Correct these settings (--help lists them all):\n  ${problems.join('\n  ')}`);
  }
}

// Kubernetes puts such variables into each container for a Service whose name begins with "rt"
// (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
const serviceLink = /^RT(_.*)?_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?)$/;

/** Reads the RT_* variables; an empty one counts as unset. Throws ConfigError. */
export function parseConfig(env: NodeJS.ProcessEnv): Config {
  const ours = Object.entries(env).filter(
    ([name, value]) => name.startsWith('RT_') && value !== '' && !serviceLink.test(name),
  );
  const parsed = schema.safeParse(Object.fromEntries(ours));
  const problems = parsed.success ? [] : parsed.error.issues.map(describeIssue);
  // Asked of the raw variables, so that it is reported together with the rest.
  if (!env.RT_TLS_CERT !== !env.RT_TLS_KEY) {
    problems.push('RT_TLS_CERT, RT_TLS_KEY: set both or neither');
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const { RT_TLS_CERT: cert, RT_TLS_KEY: key, ...values } = parsed.data;
  return Object.freeze({
    listen: values.RT_LISTEN,
    https: values.RT_HTTPS,
    tlsFiles: cert && key ? { cert, key } : undefined,
    pod: values.RT_POD,
    dataDir: values.RT_DATA_DIR,
    keepUploads: values.RT_KEEP_UPLOADS,
    tusDir: values.RT_TUS_DIR,
    journal: values.RT_JOURNAL,
    shutdown: values.RT_SHUTDOWN,
    keepAliveMs: values.RT_KEEPALIVE_SECONDS * 1000,
    faults: values.RT_FAULTS,
    logLevel: values.RT_LOG_LEVEL,
  });
}

/** The text of --help: each setting with its default and meaning, taken from the schema itself. */
export function helpText(): string {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  const lines = Object.entries(properties).map(([name, property]) => {
    const { default: standard, description = '' } = property as z.core.JSONSchema.BaseSchema;
    const suffix =
      standard === undefined ? '' : ` (default ${JSON.stringify(standard).replaceAll('"', '')})`;
    return `  ${name.padEnd(22)}${description}${suffix}`;
  });
  return ['The example runtime. Settings, by environment:', ...lines, ''].join('\n');
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: no such setting`;
  return `${issue.path.join('.')}: ${issue.message}`;
}
