/** Owns the registry's part of the environment and opens the registry by it. */
import { z } from 'zod';
import { parseAllowList } from '../core/allow-list';
import type { OnBadRecord } from '../core/records';
import { connectRedis, parseRedisOptions, readCaFile } from './connect';
import { readableBy } from './env';
import { redisRegistry, type RedisRegistry } from './redis-registry';
import { parseRedisUrl } from './redis-url';

/** Variables that every process with a registry understands; spread into the process's own schema. */
export const registryEnv = {
  DRAIN_REDIS_URL: z
    .string()
    .superRefine(readableBy(parseRedisUrl))
    .default('redis://127.0.0.1:6379')
    .describe('redis[s]://, redis[s]+sentinel://h1,h2/name or redis[s]+cluster://h1,h2'),
  DRAIN_REDIS_OPTIONS: z
    .string()
    .superRefine(readableBy(parseRedisOptions))
    .optional()
    .describe("more of ioredis' options, as JSON"),
  DRAIN_REDIS_CA_FILE: z
    .string()
    .superRefine(readableBy(readCaFile))
    .optional()
    .describe('PEM file of the CA behind rediss://'),
  DRAIN_ALLOWED_CIDRS: z
    .string()
    .superRefine(readableBy(parseAllowList))
    .default('')
    .describe('comma list; records of other addresses are ignored (empty: all allowed)'),
};

export interface RegistryLog {
  readonly badRecord: OnBadRecord;
  /** Told when the message is another than the last. */
  readonly redisError: (message: string) => void;
}

/** Opens the registry; it connects in the background. */
export function openRegistry(
  env: z.infer<z.ZodObject<typeof registryEnv>>,
  log: RegistryLog,
): RedisRegistry {
  const config = {
    url: env.DRAIN_REDIS_URL,
    optionsJson: env.DRAIN_REDIS_OPTIONS,
    caFile: env.DRAIN_REDIS_CA_FILE,
  };
  const allowed = parseAllowList(env.DRAIN_ALLOWED_CIDRS);
  const client = connectRedis({ ...config, silenceMs: 5000 }, unrepeated(log.redisError));
  const subscriber = connectRedis(config, () => undefined);
  return redisRegistry(client, subscriber, { allowed, onBadRecord: once(log.badRecord) });
}

function unrepeated(say: (message: string) => void): (message: string) => void {
  let last = '';
  return (message) => {
    if (message !== last) say(message);
    last = message;
  };
}

const SAID_MAX = 1000;

/** Each bad record is said once, not at every reading. */
function once(say: OnBadRecord): OnBadRecord {
  const said = new Set<string>();
  return (id, why) => {
    const what = `${id} ${why}`;
    if (said.has(what)) return;
    if (said.size >= SAID_MAX) said.clear();
    said.add(what);
    say(id, why);
  };
}
