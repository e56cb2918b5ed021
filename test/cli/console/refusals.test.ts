/** What the console says and claims when Redis refuses, or is silent, and what it notes of orders. On a real Redis. */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { waitFor } from '../../../harness/wait';
import type { RedisRegistry } from '../../../registry/redis-registry';
import { aclUser } from '../../registry/acl-users';
import { cleanUp, clientOf, onCleanUp, realRedis, registryOf } from '../../registry/redis';
import { serving } from '../../registry/statements';
import { order, Page, startConsole, TOKEN } from './console';

const A = '10.1.0.1:8080';
const drainA = { act: 'drain', pool: 'rt', target: A, podId: 'rt-a' };

let redis: Awaited<ReturnType<typeof realRedis>>;
let admin: Awaited<ReturnType<typeof clientOf>>;
let registry: RedisRegistry;

beforeAll(async () => {
  redis = await realRedis();
  admin = await clientOf(redis.url);
  ({ registry } = await registryOf(redis.url));
});
beforeEach(async () => {
  await admin.flushall();
  for (const [id, pod] of [
    [A, 'rt-a'],
    ['10.1.0.2:8080', 'rt-b'],
  ] as const) {
    await registry.pool('rt').announce({ ...serving({ id, fence: 1, pod }), leaseMs: 600_000 });
  }
});
afterAll(cleanUp);

async function asUser(name: string, ...less: string[]): Promise<string> {
  const { password, rules } = aclUser(name);
  await admin.call('ACL', 'SETUSER', name, ...rules, ...less);
  return redis.url.replace('//', `//${name}:${password}@`);
}

/** A console that takes orders, once it sees the pool. */
async function orderable(redisUrl: string) {
  const started = await startConsole('--redis', redisUrl, '--token', TOKEN);
  const page = new Page(started.url);
  await waitFor('the pool', () => page.pools.size > 0);
  return started;
}

const stateOfA = async () => (await registry.pool('rt').view()).targets.get(A)?.state;

test('a user of Redis without a right: the page says which', async () => {
  const { url } = await startConsole('--redis', await asUser('viewer', '-hgetall'));
  const page = new Page(url);
  await waitFor('the reason', () => page.registry.message);
  expect(page.registry.message).toMatch(/^Redis refused: .*(can't run|no permissions)/);
});

test('an order by a user of Redis that may only look: so it says, and by whom it can be', async () => {
  const { url, told } = await orderable(await asUser('viewer'));
  const refused = await order(url, drainA);
  expect(refused.status).toBe(403);
  expect(JSON.parse(refused.body)).toMatchObject({
    code: 'USER_MAY_NOT_ORDER',
    message: expect.stringContaining('start the console with the user operator') as string,
  });
  expect(refused.body).not.toContain('try again');
  expect(await stateOfA()).toBe('serving');
  expect(told()).toContain('"outcome":"USER_MAY_NOT_ORDER"');
});

test('an order that Redis took and whose answer was lost: it is not said that nothing was ordered', async () => {
  const { url } = await orderable(await silentAfterOrder());
  const refused = await order(url, drainA);
  expect(refused.status).toBe(503);
  expect(refused.body).toContain('may have been ordered or not');
  expect(refused.body).not.toContain('Nothing was ordered');
  expect(await stateOfA()).toBe('draining');
});

test('each order is noted: what, for whom, what came of it', async () => {
  const { url, told } = await orderable(redis.url);
  await order(url, drainA, { 'x-forwarded-for': '10.9.9.9' });
  await order(url, { ...drainA, podId: 'rt-before', act: 'undrain' });
  const notes = told()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as object);
  const [remote, forwardedFor] = ['127.0.0.1', '10.9.9.9'];
  expect(notes).toMatchObject([
    { ...drainA, outcome: 'ordered', remote, forwardedFor, msg: 'an order of the console' },
    { act: 'undrain', pool: 'rt', target: A, outcome: 'GONE', remote },
  ]);
  expect(told()).not.toContain(TOKEN);
});

test('with --pool, an order for another pool is refused', async () => {
  const args = ['--redis', redis.url, '--token', TOKEN, '--pool', 'shop'];
  const { url, told } = await startConsole(...args);
  const refused = await order(url, drainA);
  expect(refused.status).toBe(403);
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'OTHER_POOL' });
  expect(await stateOfA()).toBe('serving');
  expect(told()).toContain('"outcome":"OTHER_POOL"');
});

/** A way to Redis on which an operator's order arrives, and nothing comes back from then on. */
async function silentAfterOrder(): Promise<string> {
  const server = net.createServer((client) => {
    const upstream = net.connect({ host: redis.host, port: redis.port });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
    let isSilent = false;
    client.on('data', (data: Buffer) => {
      isSilent ||= data.includes('operator');
      upstream.write(data);
    });
    upstream.on('data', (data: Buffer) => {
      if (!isSilent) client.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanUp(() => server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
