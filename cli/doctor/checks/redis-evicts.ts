import type { Check } from '../check';

/** Redis docs: Key eviction. Policies of `volatile-…` leave keys without an end alone, and ours have none. */
export const redisEvicts: Check = {
  id: 'redis-evicts',
  severity: 'error',
  title: 'Redis throws no key of the registry away',
  needs: 'redis',
  find: ({ redis }) =>
    redis
      .filter(({ info }) => Number(info.get('maxmemory') ?? 0) > 0)
      .filter(({ info }) => info.get('maxmemory_policy')?.startsWith('allkeys-') === true)
      .map(({ url, info }) => ({
        subject: url,
        message: `maxmemory-policy is ${info.get('maxmemory_policy') ?? ''}: where memory runs short Redis throws away targets, leases and orders.`,
        fix: 'CONFIG SET maxmemory-policy noeviction (and in redis.conf), or give the registry a Redis of its own.',
      })),
};
