/** Fences: of all that reaches the registry, only what is later than what is there changes anything. */
import type { PoolRegistry } from '../../registry/registry';
import { cleanUp, clientOf, realRedis, registryOf } from './redis';
import { draining, gone, renewal, serving, TARGET } from './statements';

let pool: PoolRegistry;
let flush: () => Promise<unknown>;

beforeAll(async () => {
  const redis = await realRedis();
  const admin = await clientOf(redis.url);
  flush = () => admin.flushall();
  pool = (await registryOf(redis.url)).registry.pool('rt');
});
beforeEach(() => flush());
afterAll(cleanUp);

const state = async () => (await pool.view()).targets.get(TARGET)?.state;

test('a join gives a higher fence each time, also after a flush, and than any stored record', async () => {
  const first = await pool.join('target', TARGET);
  const second = await pool.join('target', TARGET);
  expect(second).toBeGreaterThan(first);
  await flush();
  // Fences follow the clock, in ms: it must have passed the last one.
  while (Date.now() <= second) await new Promise(setImmediate);
  expect(await pool.join('target', TARGET)).toBeGreaterThan(second);
  const far = Date.now() + 1e9;
  await pool.announce(serving({ fence: far }));
  expect(await pool.join('target', TARGET)).toBeGreaterThan(far);
  await pool.renew(renewal({ id: 'gw-1', fence: far + 50 }));
  expect(await pool.join('gateway', 'gw-1')).toBeGreaterThan(far + 50);
});

test('targets and gateways of one name do not share fences', async () => {
  const far = Date.now() + 1e9;
  await pool.announce(serving({ id: '10.1.0.9:80', fence: far }));
  expect(await pool.join('gateway', '10.1.0.9:80')).toBeLessThan(far);
});

test('a late statement of an earlier life changes nothing, and says who is there', async () => {
  await pool.announce(serving({ fence: 7, serial: 1 }));
  const before = await pool.view();
  const late = await pool.announce(draining({ fence: 6, serial: 99 }));
  expect(late.status).toBe('stale');
  expect(late.record).toMatchObject({ incarnation: 'life-7', state: 'serving' });
  expect(await pool.view()).toMatchObject({ epoch: before.epoch, targets: before.targets });
});

test('a late statement of a life that is gone changes nothing', async () => {
  await pool.announce(serving({ fence: 7, serial: 1 }));
  await pool.announce(gone({ fence: 7, serial: 3 }));
  expect((await pool.announce(serving({ fence: 7, serial: 2 }))).status).toBe('stale');
  expect((await pool.announce(serving({ fence: 6, serial: 9 }))).status).toBe('stale');
  expect(await state()).toBe('gone');
});

test('a life that comes back after its target was gone is heard', async () => {
  await pool.announce(gone({ fence: 7, serial: 1 }, 'unhealthy'));
  expect((await pool.announce(serving({ fence: 7, serial: 2 }))).status).toBe('ok');
  expect(await state()).toBe('serving');
});

test('statements of one life that overtake each other: the later one stays', async () => {
  await pool.announce(serving({ fence: 7, serial: 1 }));
  await pool.announce(draining({ fence: 7, serial: 3 }));
  expect((await pool.announce(serving({ fence: 7, serial: 2 }))).status).toBe('stale');
  expect(await state()).toBe('draining');
});

test('the same statement once more is no later life and changes nothing', async () => {
  const first = await pool.announce(draining({ fence: 7, serial: 3 }));
  const again = await pool.announce(draining({ fence: 7, serial: 3 }));
  expect(again).toMatchObject({ status: 'ok', epoch: first.epoch, record: first.record });
  await pool.renew(renewal({ fence: 4, serial: 2 }));
  expect(await pool.renew(renewal({ fence: 4, serial: 2 }))).toMatchObject({ status: 'ok' });
});

test('the same state again raises no epoch', async () => {
  const first = await pool.announce(serving({ fence: 7, serial: 1 }));
  const second = await pool.announce(serving({ fence: 7, serial: 2 }));
  expect(second).toMatchObject({ status: 'ok', epoch: first.epoch });
});

test('a new life of the same target raises the epoch, whatever its state', async () => {
  const first = await pool.announce(serving({ fence: 7 }));
  const second = await pool.announce(serving({ fence: 8 }));
  expect(second.epoch).toBeGreaterThan(first.epoch);
  expect(second.record).toMatchObject({ incarnation: 'life-8', epoch: second.epoch });
});

test('a late report of an earlier incarnation of a gateway, or an earlier report, changes nothing', async () => {
  await pool.renew(renewal({ fence: 5, serial: 4, epoch: 10, holding: { [TARGET]: 2 } }));
  const late = [renewal({ fence: 4, serial: 9 }), renewal({ fence: 5, serial: 3 })];
  for (const said of late) expect((await pool.renew(said)).status).toBe('stale');
  const { gateways } = await pool.progress(TARGET, 0);
  expect(gateways).toMatchObject([{ id: 'gw-1', epoch: 10, holding: { [TARGET]: 2 } }]);
});
