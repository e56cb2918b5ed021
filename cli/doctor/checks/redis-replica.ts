import type { Check } from '../check';

export const redisReplica: Check = {
  id: 'redis-replica',
  severity: 'error',
  title: 'Redis is a master',
  needs: 'redis',
  find: ({ redis }) =>
    redis
      .filter(({ info }) => info.get('role') === 'slave')
      .map(({ url, info }) => ({
        subject: url,
        message: `It is a replica of ${info.get('master_host') ?? 'another'}: nobody can state anything there.`,
        fix: 'Point DRAIN_REDIS_URL at the master, or let it be found: redis+sentinel://h1,h2/NAME.',
      })),
};
