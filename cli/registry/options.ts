/**
 * Owns the options by which commands find the registry.
 * Invariant: without them the environment counts, as the other processes read it, so that the command works as it is in a
 * sidecar's container; other variables that begin with DRAIN_ are those processes' own affair.
 */
import type { Command } from 'commander';
import { z } from 'zod';
import { listOption } from '../options';
import type { CliContext } from '../context';

export const registryOptions = {
  redis: z.string(),
  redisOptions: z.string().optional(),
  redisCaFile: z.string().optional(),
  allowedCidrs: z.string().default(''),
  /** Empty: all that there are. */
  pool: z.array(z.string()).default([]),
};

export type RegistryOptions = z.infer<z.ZodObject<typeof registryOptions>>;

export function addRegistryOptions(command: Command, { env }: CliContext): Command {
  const ownPool = given(env.DRAIN_POOL);
  const byDefault = ownPool === undefined ? undefined : [ownPool];
  return command
    .option(
      '--redis <url>',
      'Redis, as DRAIN_REDIS_URL: redis[s]://, redis[s]+sentinel://h1,h2/name, redis[s]+cluster://h1,h2',
      given(env.DRAIN_REDIS_URL) ?? 'redis://127.0.0.1:6379',
    )
    .option(
      '--redis-options <json>',
      "more of ioredis' options, as DRAIN_REDIS_OPTIONS",
      given(env.DRAIN_REDIS_OPTIONS),
    )
    .option(
      '--redis-ca-file <file>',
      'PEM file of the CA behind rediss://, as DRAIN_REDIS_CA_FILE',
      given(env.DRAIN_REDIS_CA_FILE),
    )
    .option(
      '--allowed-cidrs <list>',
      'ignore records of other addresses, as DRAIN_ALLOWED_CIDRS',
      given(env.DRAIN_ALLOWED_CIDRS) ?? '',
    )
    .option(
      '-p, --pool <names>',
      'only these pools (comma list, may be repeated); default: DRAIN_POOL, else all',
      (text: string, before: readonly string[] | undefined) =>
        listOption(text, before === byDefault ? [] : before),
      byDefault,
    );
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
