/** Owns how Redis is named: one URL for standalone, Sentinel and Cluster. Invariant: no error shows the password. */
import { DrainError } from '../core/errors';

export interface RedisAddress {
  readonly mode: 'standalone' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  readonly username: string;
  readonly password: string;
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** The master's group of a Sentinel. */
  readonly group: string;
  /** The database of a standalone server. */
  readonly db: number;
}

const SHAPE = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/?]+)(?:\/([^?]*))?$/;

/**
 * Reads `redis[s]://`, `redis[s]+sentinel://user:pass@h1:26379,h2:26379/NAME` or `redis[s]+cluster://h1,h2`. Throws
 * `BAD_REDIS_URL`.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const match = SHAPE.exec(url);
  if (!match) throw badUrl(url, 'it has another shape');
  const [, scheme, mode = 'standalone', login = '', hostList = '', name = ''] = match;
  const [username, password] = credentials(url, login);
  const defaultPort = mode === 'sentinel' ? 26379 : 6379;
  const hosts = hostList.split(',').map((host) => hostAndPort(host, defaultPort));
  if (mode === 'sentinel' && name === '')
    throw badUrl(url, 'the master group is missing: …/mymaster');
  if (mode === 'standalone' && hosts.length !== 1)
    throw badUrl(url, 'several hosts need +sentinel or +cluster');
  const db = mode === 'standalone' && name !== '' ? Number(name) : 0;
  if (!Number.isInteger(db)) throw badUrl(url, `the database "${name}" is no number`);
  return {
    ...{ mode: mode as RedisAddress['mode'], tls: scheme === 'rediss', username, password },
    ...{ hosts, group: name, db },
  };
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

function badUrl(url: string, why: string): DrainError {
  const shown = url.replace(/\/\/[^@]*@/, '//…@');
  return new DrainError(
    'BAD_REDIS_URL',
    `"${shown}" is not a Redis URL (${why}): write redis://user:password@host:6379/0, rediss:// for TLS, redis+sentinel://h1,h2/mymaster or redis+cluster://h1,h2`,
  );
}
