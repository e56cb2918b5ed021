/** Owns the Redis of a suite. Invariant: each test finds it empty. */
import type { RedisRegistry } from '../../registry/redis-registry';
import { cleanUp, clientOf, realRedis, registryOf } from './redis';

export interface EmptiedRedis {
  readonly url: string;
  /** To look into it, and to spoil it. */
  readonly admin: Awaited<ReturnType<typeof clientOf>>;
  readonly registry: RedisRegistry;
}

/** One Redis for all tests of the file; its fields are there once a test runs. */
export function emptiedRedis(): EmptiedRedis {
  const redis = {} as { -readonly [Field in keyof EmptiedRedis]: EmptiedRedis[Field] };
  beforeAll(async () => {
    const { url } = await realRedis();
    const admin = await clientOf(url);
    const { registry } = await registryOf(url);
    Object.assign(redis, { url, admin, registry });
  });
  beforeEach(() => redis.admin.flushall());
  afterAll(cleanUp);
  return redis;
}
