/** Owns the command line of `lint`. Invariant: every problem of the options is told at once, with the option's name. */
import { z } from 'zod';
import { DrainError } from '../../core/errors';
import { nginxSeconds } from './nginx/units';
import { RULES } from './rules/catalogue';
import type { Rule, Severity } from './rule';
import { DEFAULTS, type Settings } from './settings';

export const OUTPUTS = ['table', 'json', 'sarif', 'junit', 'yaml'] as const;
export const FAIL_ON = ['error', 'warning', 'info', 'never'] as const;

const duration = z.string().transform((text, context) => {
  const seconds = nginxSeconds(text);
  if (seconds !== undefined) return seconds;
  context.addIssue('must be seconds, or a duration such as 90s or 5m');
  return z.NEVER;
});

const schema = z.object({
  output: z.enum(OUTPUTS, `must be one of ${OUTPUTS.join(', ')}`),
  failOn: z.enum(FAIL_ON, `must be one of ${FAIL_ON.join(', ')}`),
  rules: z.array(z.string()).default([]),
  disable: z.array(z.string()).default([]),
  fix: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  explain: z.boolean().default(false),
  verbose: z.boolean().default(false),
  listRules: z.boolean().default(false),
  longestRequest: duration,
  uploadMb: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number of 10^6 bytes')
    .transform(Number),
  runtimeKeepalive: duration,
  spotGrace: duration,
  nodeGrace: duration,
  reserve: duration,
});

export interface LintOptions {
  readonly files: readonly string[];
  readonly output: (typeof OUTPUTS)[number];
  readonly failOn: Severity | 'never';
  readonly rules: readonly Rule[];
  readonly fix: boolean;
  readonly dryRun: boolean;
  readonly explain: boolean;
  readonly verbose: boolean;
  readonly listRules: boolean;
  readonly settings: Settings;
}

/** The options as commander has them, for those that it does not set itself. */
export const STANDARD = {
  longestRequest: `${DEFAULTS.longestRequestSeconds}s`,
  uploadMb: String(DEFAULTS.uploadMb),
  runtimeKeepalive: `${DEFAULTS.runtimeKeepaliveSeconds}s`,
  spotGrace: `${DEFAULTS.spotGraceSeconds}s`,
  nodeGrace: `${DEFAULTS.nodeGraceSeconds}s`,
  reserve: `${DEFAULTS.reserveSeconds}s`,
} as const;

/** Throws `BAD_OPTIONS`. */
export function parseLintOptions(files: readonly string[], given: unknown): LintOptions {
  const parsed = schema.safeParse(given);
  const problems = parsed.success
    ? inconsistencies(files, parsed.data)
    : parsed.error.issues.map(({ path, message }) => `--${kebab(String(path[0]))}: ${message}`);
  if (!parsed.success || problems.length > 0) {
    throw new DrainError('BAD_OPTIONS', `${problems.join('\n')}\nSee kong-drain lint --help.`);
  }
  const { data } = parsed;
  const { rules, disable, ...rest } = data;
  return {
    ...rest,
    files,
    rules: RULES.filter(({ id }) => rules.length === 0 || rules.includes(id)).filter(
      ({ id }) => !disable.includes(id),
    ),
    settings: {
      longestRequestSeconds: data.longestRequest,
      uploadMb: data.uploadMb,
      runtimeKeepaliveSeconds: data.runtimeKeepalive,
      spotGraceSeconds: data.spotGrace,
      nodeGraceSeconds: data.nodeGrace,
      reserveSeconds: data.reserve,
    },
  };
}

function inconsistencies(files: readonly string[], options: z.infer<typeof schema>): string[] {
  const known = new Set(RULES.map(({ id }) => id));
  const problems = [...options.rules, ...options.disable]
    .filter((id) => !known.has(id))
    .map((id) => `no rule is called "${id}": see --list-rules`);
  if (files.length === 0 && !options.listRules) {
    problems.push('name files or directories to lint, or - for standard input');
  }
  if (options.dryRun && !options.fix) problems.push('--dry-run goes with --fix');
  if (options.fix && !options.dryRun && files.includes('-')) {
    problems.push('--fix cannot write to standard input: add --dry-run to see the changes');
  }
  return problems;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
