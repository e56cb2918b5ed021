/**
 * Owns how Redis is reached: standalone, Sentinel or Cluster, with TLS and ACL users.
 * Invariant: a command answers or fails within COMMAND_TIMEOUT_MS; nothing is queued for a server that is away.
 */
import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { DrainError, messageOf } from '../core/errors';
import { parseRedisUrl, type RedisAddress } from './redis-url';

export interface RedisConfig {
  /** See redis-url.ts. */
  readonly url: string;
  /** More of ioredis' own options as JSON (`sentinelPassword`, `natMap`, …); they win over the URL. */
  readonly optionsJson?: string | undefined;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string | undefined;
  /** A connection that hears nothing for so long is given up; for one that asks every second. */
  readonly silenceMs?: number;
}

const COMMAND_TIMEOUT_MS = 800;

type Options = Omit<RedisOptions, 'replyMapping'>;

/**
 * Opens one connection. It connects and reconnects by itself; `error` events go to `onError`. Throws `BAD_REDIS_URL`,
 * `BAD_REDIS_OPTIONS` or `BAD_REDIS_CA_FILE`.
 */
export function connectRedis(
  config: RedisConfig,
  onError: (message: string) => void,
): Redis | Cluster {
  const address = parseRedisUrl(config.url);
  const { username, password } = address;
  const common: Options = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(address.tls ? { tls: config.caFile ? { ca: readCaFile(config.caFile) } : {} } : {}),
    commandTimeout: COMMAND_TIMEOUT_MS,
    ...(config.silenceMs === undefined ? {} : { socketTimeout: config.silenceMs }),
    connectTimeout: 1000,
    enableOfflineQueue: false,
    // Feed does it; ioredis's own lets a rejection go unhandled when the connection is cut again, which ends the process.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    // After a managed failover the connection may stay, to what is a replica now.
    reconnectOnError: ({ message }) => /^(READONLY|MASTERDOWN)/.test(message),
    retryStrategy: backoffMs,
    ...(config.optionsJson ? parseRedisOptions(config.optionsJson) : {}),
  };
  const client = open(address, common);
  client.on('error', (error: Error) => onError(error.message));
  return client;
}

function open({ mode, hosts, group, db }: RedisAddress, common: Options): Redis | Cluster {
  switch (mode) {
    case 'cluster':
      return new Cluster([...hosts], {
        redisOptions: common,
        enableOfflineQueue: false,
        clusterRetryStrategy: backoffMs,
        slotsRefreshTimeout: 1000,
      });
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: [...hosts],
        name: group,
        ...(common.tls ? { enableTLSForSentinelMode: true } : {}),
        sentinelRetryStrategy: backoffMs,
      });
    case 'standalone':
      return new Redis({ ...hosts[0], ...common, db });
  }
}

/** Reads the PEM file of an authority. Throws `BAD_REDIS_CA_FILE`. */
export function readCaFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const message = `cannot read the authority's PEM file: ${messageOf(error)}`;
    throw new DrainError('BAD_REDIS_CA_FILE', message, { cause: error });
  }
}

/** Reads ioredis' options. Throws `BAD_REDIS_OPTIONS`. */
export function parseRedisOptions(json: string): Options {
  const expected = `expected a JSON object of ioredis' options, such as {"family":6}`;
  let options: unknown;
  try {
    options = JSON.parse(json);
  } catch (error) {
    throw new DrainError('BAD_REDIS_OPTIONS', `${expected}: ${messageOf(error)}`, { cause: error });
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new DrainError('BAD_REDIS_OPTIONS', expected);
  }
  return options;
}

function backoffMs(attempt: number): number {
  return Math.min(50 * attempt, 1000);
}
