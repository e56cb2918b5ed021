import type { Check } from '../check';

export const redisUnreachable: Check = {
  id: 'redis-unreachable',
  severity: 'error',
  title: 'Redis answers',
  needs: 'redis',
  find: ({ redis }) =>
    redis.flatMap(({ url, failure }) =>
      failure === undefined
        ? []
        : [
            {
              subject: url,
              message: failure,
              fix: 'Give sidecars and plugin servers the same DRAIN_REDIS_URL, and a user with the rights of docs/redis-access.md.',
            },
          ],
    ),
};
