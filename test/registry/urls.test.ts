/** How Redis is named: one URL for every mode; a wrong one says what to write, and never shows the password. */
import type { Cluster, Redis } from 'ioredis';
import { connectRedis, type RedisConfig } from '../../registry/connect';
import { waitFor } from '../../harness/wait';
import { cleanUp, onCleanUp, realRedis, registryOver } from './redis';

afterAll(cleanUp);

function opened(config: RedisConfig): Redis | Cluster {
  const client = connectRedis(config, () => undefined);
  onCleanUp(() => client.disconnect());
  return client;
}

const optionsOf = (url: string, optionsJson?: string) =>
  (opened({ url, optionsJson: optionsJson ?? '{"lazyConnect":true}' }) as Redis).options;

test.each([
  ['redis://h:7000', { host: 'h', port: 7000, db: 0 }],
  ['redis://h', { host: 'h', port: 6379 }],
  ['redis://h:7000/3', { db: 3 }],
  ['redis://[fd00::1]:7000', { host: 'fd00::1', port: 7000 }],
  ['redis://:secret@h', { password: 'secret' }],
  ['redis://user:se%3Acret%40@h', { username: 'user', password: 'se:cret@' }],
  ['rediss://h', { host: 'h', tls: {} }],
])('%s', (url, expected) => {
  expect(optionsOf(url)).toMatchObject(expected);
});

test("Sentinel: its hosts, the group and the master's login", () => {
  expect(optionsOf('redis+sentinel://u:p@a,b:27000/mymaster')).toMatchObject({
    sentinels: [
      { host: 'a', port: 26379 },
      { host: 'b', port: 27000 },
    ],
    ...{ name: 'mymaster', username: 'u', password: 'p' },
  });
});

test('Sentinel over TLS speaks TLS to the sentinels as well', () => {
  expect(optionsOf('rediss+sentinel://a/m')).toMatchObject({
    enableTLSForSentinelMode: true,
    tls: {},
  });
});

test("more of ioredis' options win over the URL", () => {
  expect(optionsOf('redis://:a@h', '{"password":"b","family":6,"lazyConnect":true}')).toMatchObject(
    {
      ...{ password: 'b', family: 6 },
    },
  );
});

test.each([
  ['http://h', 'shape'],
  ['h:6379', 'shape'],
  ['redis://', 'shape'],
  ['redis://a,b', 'several hosts'],
  ['redis+sentinel://a,b', 'the master group is missing'],
  ['redis://h/name', 'no number'],
  ['redis://u:topsecret@h:port', 'host:port'],
])('%s is refused', (url, why) => {
  const attempt = () => opened({ url });
  expect(attempt).toThrow(expect.objectContaining({ code: 'BAD_REDIS_URL' }) as Error);
  expect(attempt).toThrow(why);
  expect(attempt).not.toThrow('topsecret');
});

test('options that are no JSON are refused', () => {
  expect(() => opened({ url: 'redis://h', optionsJson: '{' })).toThrow(
    expect.objectContaining({ code: 'BAD_REDIS_OPTIONS' }) as Error,
  );
});

test('a server that is away fails every call at once, with one code', async () => {
  const redis = await realRedis();
  const { registry } = await registryOver(opened({ url: redis.url }), opened({ url: redis.url }));
  await redis.stop({ signal: 'SIGKILL' });
  await expect(registry.pool('rt').view()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
});

test('a server that stands still fails them, and does not keep them waiting', async () => {
  const redis = await realRedis();
  const { registry } = await registryOver(opened({ url: redis.url }), opened({ url: redis.url }));
  redis.signal('SIGSTOP');
  const startMs = performance.now();
  await expect(registry.pool('rt').view()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  expect(performance.now() - startMs).toBeLessThan(5000);
});

test('a server that comes back is used again, and those who ask are told', async () => {
  const redis = await realRedis();
  const client = opened({ url: redis.url });
  const { registry } = await registryOver(client, opened({ url: redis.url }));
  const connects: boolean[] = [];
  registry.onConnect((again) => connects.push(again));
  await redis.stop({ signal: 'SIGKILL' });
  await waitFor('the loss to be seen', () => client.status !== 'ready');
  await realRedis({ port: redis.port });
  await waitFor('the reconnection', () => connects.length > 0);
  expect(connects).toEqual([true]);
  await waitFor('an answer', async () => (await registry.pool('rt').view()).epoch === 0);
});
