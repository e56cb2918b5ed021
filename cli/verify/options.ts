/** Owns the command line of `verify`. Invariant: every problem of the options is told at once, with the option's name. */
import { z } from 'zod';
import { readOptions, spanOption } from '../options';
import { OUTPUTS } from '../output/output';
import { registryOptions } from '../registry/options';

const MAX_RATE = 20_000;

function number(min: number, max: number, whole = false) {
  const range = `must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`;
  return z
    .string()
    .regex(whole ? /^\d+$/ : /^\d+(\.\d+)?$/, range)
    .transform(Number)
    .refine((value) => value >= min && value <= max, range);
}

const url = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must begin with http:// or https://',
  )
  .refine(
    (text) => !URL.canParse(text) || new URL(text).pathname === '/',
    'must be without a path: that is for --get-path and --upload-path',
  );

const header = z.string().transform((text, context) => {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name.toLowerCase(), value] as const;
  context.addIssue(`"${text}" must be like 'Authorization: Bearer …'`);
  return z.NEVER;
});

const path = z.string().startsWith('/', 'must begin with /');
const file = z.string().min(1, 'must be the name of a file');

/** A number of failures, or a share of all requests. */
const limit = z.string().transform((text, context) => {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (digits !== undefined && (percent === '%' || /^\d+$/.test(digits))) {
    return percent === '%' ? { share: Number(digits) / 100 } : { count: Number(digits) };
  }
  context.addIssue('must be a whole number, or a share such as 0.1%');
  return z.NEVER;
});
export type Limit = z.infer<typeof limit>;

const schema = z.object({
  url: z.array(url, 'name the service: --url https://…').min(1),
  getPath: path,
  getRate: number(0, MAX_RATE),
  getTimeout: spanOption,
  uploadPath: path,
  uploads: number(0, 256, true),
  uploadMb: number(0.001, 10_000),
  uploadRate: number(0, 10_000_000_000, true),
  uploadTimeout: spanOption.optional(),
  chunked: z.boolean().default(false),
  header: z.array(header).default([]),
  insecure: z.boolean().default(false),
  freshShare: number(0, 1),
  seed: number(0, 4_294_967_295, true),
  before: spanOption,
  after: spanOption.optional(),
  duration: spanOption.optional(),
  settledWhen: z.string().optional(),
  settleTimeout: spanOption,
  ...registryOptions,
  maxFailed: limit,
  maxDowntime: spanOption.optional(),
  maxP99: spanOption.optional(),
  output: z.enum(OUTPUTS, `must be one of ${OUTPUTS.join(', ')}`),
  json: file.optional(),
  html: file.optional(),
});

export type VerifyOptions = Readonly<z.infer<typeof schema>> & {
  /** The rollout, as words; empty: none. */
  readonly command: readonly string[];
  /** The registry was named: it is to be read. */
  readonly withRegistry: boolean;
};

/** Throws `BAD_OPTIONS`. */
export function parseVerifyOptions(
  command: readonly string[],
  given: unknown,
  withRegistry: boolean,
): VerifyOptions {
  const options = readOptions('verify', schema, given, (options) => [
    ...(options.getRate === 0 && options.uploads === 0
      ? ['--get-rate 0 and no --uploads: there would be no load']
      : []),
    ...(command.length > 0 && options.duration !== undefined
      ? ['--duration goes without a command: with one, the rollout says how long']
      : []),
    ...(command.length === 0 && options.settledWhen !== undefined
      ? ['--settled-when goes with a command: write it behind --']
      : []),
  ]);
  return { ...options, command, withRegistry };
}

/** For options that are given again and again, each a whole. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
