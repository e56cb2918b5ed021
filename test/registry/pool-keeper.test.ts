/** What the controller says to a pool: always with the pod, so that an address given anew is never hit. */
import type { PoolKeeper } from '../../registry/pool-keeper';
import type { PoolRegistry } from '../../registry/registry';
import { cleanUp, clientOf, realRedis, registryOf } from './redis';
import { gone, renewal, serving, TARGET } from './statements';

let pool: PoolRegistry;
let keeper: PoolKeeper;
let admin: Awaited<ReturnType<typeof clientOf>>;

beforeAll(async () => {
  const { url } = await realRedis();
  admin = await clientOf(url);
  const { registry } = await registryOf(url);
  pool = registry.pool('rt');
  keeper = registry.keeper('rt');
});
beforeEach(() => admin.flushall());
afterAll(cleanUp);

const record = async () => (await pool.view()).targets.get(TARGET);
const orders = () => admin.hgetall('drain:{rt}:orders');

test('the pod’s target drains by the controller', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-1.uid' }));
  expect(await keeper.drain(TARGET, 'rt-1.uid')).toBe('ok');
  expect(await record()).toMatchObject({ state: 'draining', by: 'controller' });
});

test('a target that another pod has by now is not drained', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-2.uid' }));
  expect(await keeper.drain(TARGET, 'rt-1.uid')).toBe('unknown');
  expect(await record()).toMatchObject({ state: 'serving' });
  expect(await orders()).toEqual({});
});

test('a sidecar that named no pod is told as unnamed, a missing target as unknown', async () => {
  expect(await keeper.drain(TARGET, 'rt-1.uid')).toBe('unknown');
  await pool.announce(serving({ fence: 7 }));
  expect(await keeper.drain(TARGET, 'rt-1.uid')).toBe('unnamed');
});

test('of a pod that is gone nothing is left: its target and its order', async () => {
  const { epoch } = await pool.announce(serving({ fence: 7, pod: 'rt-1.uid' }));
  await keeper.drain(TARGET, 'rt-1.uid');
  expect(await keeper.forget(TARGET, 'rt-1.uid')).toBe(true);
  expect(await record()).toMatchObject({ state: 'gone' });
  expect((await record())?.epoch).toBeGreaterThan(epoch);
  expect(await orders()).toEqual({});
  expect(await keeper.forget(TARGET, 'rt-1.uid')).toBe(false);
});

test('gateways are told of a forgotten target', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-1.uid' }));
  const told = new Promise((resolve) => {
    const stop = pool.onChange((change) => {
      if (change === null) return;
      stop();
      resolve(change.changes);
    });
  });
  await new Promise((resolve) => setImmediate(resolve));
  await admin.ping();
  await keeper.forget(TARGET, 'rt-1.uid');
  expect(await told).toEqual([[TARGET, expect.objectContaining({ state: 'gone' })]]);
});

test('the next pod on the same address is not forgotten with the one before', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-2.uid' }));
  expect(await keeper.forget(TARGET, 'rt-1.uid')).toBe(false);
  expect(await record()).toMatchObject({ state: 'serving' });
});

test('a pod that was released leaves nothing to forget', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-1.uid' }));
  await pool.announce(gone({ fence: 7, serial: 2, pod: 'rt-1.uid' }));
  expect(await keeper.forget(TARGET, 'rt-1.uid')).toBe(false);
});

test('requests in flight are summed over the gateways with a live lease', async () => {
  const other = '10.1.0.2:8080';
  await pool.renew(renewal({ id: 'a', fence: 1, holding: { [TARGET]: 2, [other]: 1 } }));
  await pool.renew(renewal({ id: 'b', fence: 1, holding: { [TARGET]: 3 } }));
  await pool.renew({ ...renewal({ id: 'c', fence: 1, holding: { [TARGET]: 9 } }), leaseMs: -1 });
  await admin.hset('drain:{rt}:counts', 'b2', 'no JSON');
  await admin.hset('drain:{rt}:gateways', 'b2', '9999999999999 {}');
  expect(Object.fromEntries(await keeper.inFlight())).toEqual({ [TARGET]: 5, [other]: 1 });
});

test('a pool that nobody reports on has nothing in flight', async () => {
  expect((await keeper.inFlight()).size).toBe(0);
});
