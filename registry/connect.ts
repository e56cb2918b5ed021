/**
 * Owns how Redis is reached: one URL for standalone, Sentinel and Cluster, with TLS and ACL users.
 * Invariant: a command answers or fails within COMMAND_TIMEOUT_MS; nothing is queued for a server that is away.
 */
import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { DrainError, messageOf } from '../core/errors';

export interface RedisConfig {
  /** `redis[s]://`, `redis[s]+sentinel://user:pass@h1:26379,h2:26379/NAME` or `redis[s]+cluster://h1,h2`. */
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

const SHAPE = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/?]+)(?:\/([^?]*))?$/;

/** Opens one connection. It connects and reconnects by itself; `error` events go to `onError`. Throws `BAD_REDIS_URL`. */
export function connectRedis(
  config: RedisConfig,
  onError: (message: string) => void,
): Redis | Cluster {
  const match = SHAPE.exec(config.url);
  if (!match) throw badUrl(config.url, 'it has another shape');
  const [, scheme, mode, login = '', hostList = '', name = ''] = match;
  const [username, password] = credentials(config.url, login);
  const hosts = hostList
    .split(',')
    .map((host) => hostAndPort(host, mode === 'sentinel' ? 26379 : 6379));
  const common: Options = {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(scheme === 'rediss' ? { tls: config.caFile ? { ca: readCa(config.caFile) } : {} } : {}),
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
    ...extraOptions(config),
  };
  const client = open(mode, hosts, name, common, config.url);
  client.on('error', (error: Error) => onError(error.message));
  return client;
}

function open(
  mode: string | undefined,
  hosts: { host: string; port: number }[],
  name: string,
  common: Options,
  url: string,
): Redis | Cluster {
  if (mode === 'cluster') {
    return new Cluster(hosts, {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: backoffMs,
      slotsRefreshTimeout: 1000,
    });
  }
  if (mode === 'sentinel') {
    if (name === '') throw badUrl(url, 'the master group is missing: …/mymaster');
    return new Redis({
      ...common,
      sentinels: hosts,
      name,
      ...(common.tls ? { enableTLSForSentinelMode: true } : {}),
      sentinelRetryStrategy: backoffMs,
    });
  }
  if (hosts.length !== 1) throw badUrl(url, 'several hosts need +sentinel or +cluster');
  const db = name === '' ? 0 : Number(name);
  if (!Number.isInteger(db)) throw badUrl(url, `the database "${name}" is no number`);
  return new Redis({ ...hosts[0], ...common, db });
}

/** `user:password`, each percent-encoded where it holds one of `@:/?%`. */
function credentials(url: string, login: string): [username: string, password: string] {
  const colon = login.indexOf(':');
  const parts = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  try {
    return [decodeURIComponent(parts[0] ?? ''), decodeURIComponent(parts[1] ?? '')];
  } catch {
    throw badUrl(url, 'its user or password holds a bare %: write it as %25');
  }
}

function hostAndPort(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  if (!match) throw badUrl(text, 'expected host:port');
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3] ?? defaultPort) };
}

function readCa(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new DrainError(
      'BAD_REDIS_CA_FILE',
      `cannot read DRAIN_REDIS_CA_FILE: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function extraOptions({ optionsJson }: RedisConfig): Options {
  if (optionsJson === undefined || optionsJson === '') return {};
  try {
    return JSON.parse(optionsJson) as Options;
  } catch (error) {
    throw new DrainError(
      'BAD_REDIS_OPTIONS',
      `DRAIN_REDIS_OPTIONS is not JSON: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function badUrl(url: string, why: string): DrainError {
  const shown = url.replace(/\/\/[^@]*@/, '//…@');
  return new DrainError(
    'BAD_REDIS_URL',
    `"${shown}" is not a Redis URL (${why}): write redis://user:password@host:6379/0, rediss:// for TLS, redis+sentinel://h1,h2/mymaster or redis+cluster://h1,h2`,
  );
}

function backoffMs(attempt: number): number {
  return Math.min(50 * attempt, 1000);
}
