/** Everything there is to see of a pool, as the tools read it. */
import { cleanUp, clientOf, realRedis, registryOf, type TestRegistry } from './redis';
import { draining, LEASE_MS, renewal, serving, TARGET } from './statements';

let shared: TestRegistry;
let admin: Awaited<ReturnType<typeof clientOf>>;

beforeAll(async () => {
  const { url } = await realRedis();
  admin = await clientOf(url);
  shared = await registryOf(url);
});
beforeEach(() => admin.flushall());
afterAll(cleanUp);

test('targets with their leases, gateways, counts by gateway, and orders', async () => {
  const { registry } = shared;
  const pool = registry.pool('rt');
  const { nowMs, epoch } = await pool.announce(draining({ fence: 1, pod: 'rt-1' }));
  await pool.announce(serving({ id: '10.1.0.2:8080', fence: 1, pod: 'rt-2.uid' }));
  await pool.order('10.1.0.2:8080', 'drain', 'operator');
  await pool.renew(renewal({ id: 'a', fence: 1, epoch, holding: { [TARGET]: 2 } }));
  await pool.renew(renewal({ id: 'b', fence: 1, holding: { [TARGET]: 1 } }));

  const seen = await registry.overview('rt');
  expect(seen.name).toBe('rt');
  expect(seen.epoch).toBeGreaterThan(epoch);
  const drained = seen.targets.find(({ id }) => id === TARGET);
  expect(drained).toMatchObject({ state: 'draining', by: 'hook', pod: 'rt-1' });
  expect(drained!.leaseUntilMs).toBe(nowMs + LEASE_MS);
  expect(seen.gateways).toMatchObject([{ id: 'a', epoch }, { id: 'b' }]);
  expect(Object.fromEntries(seen.counts)).toEqual({ a: { [TARGET]: 2 }, b: { [TARGET]: 1 } });
  expect([...seen.orders]).toMatchObject([['rt-2.uid', { by: 'operator' }]]);
});

test('an order for one pod misses another on the same address', async () => {
  const pool = shared.registry.pool('rt');
  await pool.announce(serving({ fence: 1, pod: 'rt-1' }));
  expect(await pool.order(TARGET, 'drain', 'operator', 'rt-0')).toBe('unknown');
  expect(await pool.order(TARGET, 'drain', 'operator', 'rt-1')).toBe('ok');
});

test('bad records are left out and told', async () => {
  const { registry, bad } = shared;
  await registry.pool('rt').announce(serving({ fence: 1 }));
  await admin.hset('drain:{rt}:targets', '10.1.0.9:80', 'garbage');
  await admin.hset('drain:{rt}:orders', 'rt-9', 'garbage');
  await admin.hset('drain:{rt}:counts', 'gw-9', '{"a":"b"}');
  const seen = await registry.overview('rt');
  expect(seen.targets).toHaveLength(1);
  expect(bad).toMatchObject([{ id: '10.1.0.9:80' }]);
  expect(seen.orders.size).toBe(0);
  expect(seen.counts.get('gw-9')).toEqual({});
});

test('an unknown pool is empty', async () => {
  const seen = await shared.registry.overview('nothing');
  expect(seen).toMatchObject({ run: '', epoch: 0, targets: [], gateways: [] });
});

test('the pools are found by their keys, among those of others', async () => {
  const { registry } = shared;
  await registry.pool('shop.eu').announce(serving({ fence: 1 }));
  await registry.pool('rt').announce(serving({ fence: 1 }));
  await admin.mset(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`other:${i}`, '1'])));
  expect(await registry.poolNames()).toEqual(['rt', 'shop.eu']);
});
