/** Owns a command's connection to the registry. Invariant: it is closed when the command's work is done, or failed. */
import { DrainError } from '../../core/errors';
import { openRegistry } from '../../registry/open';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { CliContext } from '../context';
import type { RegistryOptions } from './options';

const CONNECT_MS = 5000;

/** Throws `REGISTRY_UNREACHABLE`, `BAD_REDIS_URL`, `BAD_REDIS_OPTIONS`, `BAD_REDIS_CA_FILE`, `BAD_CIDR`. */
export async function withRegistry<T>(
  options: RegistryOptions,
  { err }: Pick<CliContext, 'err'>,
  use: (registry: RedisRegistry) => Promise<T>,
  connectMs = CONNECT_MS,
): Promise<T> {
  let lastError = '';
  const registry = openedBy(options, { err }, (message) => (lastError = message));
  try {
    await connected(registry, connectMs, () => unreachable(options.redis, lastError));
    return await use(registry);
  } finally {
    await registry.close();
  }
}

/** The registry, which connects in the background. Throws as `withRegistry`, but for `REGISTRY_UNREACHABLE`. */
export function openedBy(
  options: RegistryOptions,
  { err }: Pick<CliContext, 'err'>,
  onRedisError: (message: string) => void,
): RedisRegistry {
  return openRegistry(
    {
      DRAIN_REDIS_URL: options.redis,
      DRAIN_REDIS_OPTIONS: options.redisOptions,
      DRAIN_REDIS_CA_FILE: options.redisCaFile,
      DRAIN_ALLOWED_CIDRS: options.allowedCidrs,
    },
    {
      badRecord: (id, why) => err(`note: the record of ${id} is ignored: ${why}\n`),
      redisError: onRedisError,
    },
  );
}

function connected(
  registry: RedisRegistry,
  connectMs: number,
  failure: () => DrainError,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failure()), connectMs);
    registry.onConnect(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function unreachable(url: string, lastError: string): DrainError {
  const why = lastError === '' ? 'no answer' : lastError;
  return new DrainError(
    'REGISTRY_UNREACHABLE',
    `Redis at ${withoutLogin(url)} could not be reached in ${CONNECT_MS / 1000} s: ${why}\n` +
      'Give its address by --redis or DRAIN_REDIS_URL. From outside of a cluster: kubectl port-forward to it, or\n' +
      'run this in a sidecar: kubectl exec POD -c kong-drain -- node dist/cli/main.js …',
  );
}

export function withoutLogin(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}

/** The pools that are meant. Throws `NO_POOLS`, `CANNOT_LIST_POOLS`. */
export async function poolsOf(
  registry: RedisRegistry,
  { pool, redis }: RegistryOptions,
): Promise<readonly string[]> {
  if (pool.length > 0) return pool;
  const names = await registry.poolNames();
  if (names.length > 0) return names;
  throw new DrainError(
    'NO_POOLS',
    `Redis at ${withoutLogin(redis)} holds no pool: no sidecar and no gateway has ever spoken to it (another server, or\n` +
      'another database?)',
  );
}
