/** Orders of an operator or the controller: they outlive the sidecar's process and a flush, not the pod. */
import type { Announcement, Order, PoolRegistry } from '../../registry/registry';
import { cleanUp, clientOf, realRedis, registryOf } from './redis';
import { draining, gone, serving, TARGET } from './statements';

let pool: PoolRegistry;
let admin: Awaited<ReturnType<typeof clientOf>>;

beforeAll(async () => {
  const { url } = await realRedis();
  admin = await clientOf(url);
  pool = (await registryOf(url)).registry.pool('rt');
});
beforeEach(() => admin.flushall());
afterAll(cleanUp);

const record = async () => (await pool.view()).targets.get(TARGET);
const orders = () => admin.hgetall('drain:{rt}:orders');

test('an order drains the target at once, and its end lets it serve again', async () => {
  const { epoch } = await pool.announce(serving({ fence: 7, pod: 'rt-1' }));
  expect(await pool.order(TARGET, 'drain', 'operator')).toBe('ok');
  expect(await record()).toMatchObject({ state: 'draining', by: 'operator' });
  expect((await record())?.epoch).toBeGreaterThan(epoch);
  expect(await pool.order(TARGET, 'undrain', 'operator')).toBe('ok');
  expect(await record()).toMatchObject({ state: 'serving' });
  expect(await record()).not.toHaveProperty('by');
  expect(await orders()).toEqual({});
});

test('an order twice raises the epoch once', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-1' }));
  await pool.order(TARGET, 'drain', 'operator');
  const { epoch } = await pool.view();
  await pool.order(TARGET, 'drain', 'operator');
  expect((await pool.view()).epoch).toBe(epoch);
});

test('it outlives the sidecar: a new life of the same pod that says "serving" drains', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-1' }));
  await pool.order(TARGET, 'drain', 'controller');
  const reply = await pool.announce(serving({ fence: 8, pod: 'rt-1' }));
  expect(reply.record).toMatchObject({
    state: 'draining',
    by: 'controller',
    incarnation: 'life-8',
  });
});

test('a drain that only a hook began does not outlive the sidecar', async () => {
  await pool.announce(draining({ fence: 7, pod: 'rt-1' }));
  expect((await pool.announce(serving({ fence: 8, pod: 'rt-1' }))).record?.state).toBe('serving');
});

test('it does not outlive the pod: another one on the same address serves', async () => {
  await pool.announce(serving({ fence: 7, pod: 'rt-1' }));
  await pool.order(TARGET, 'drain', 'operator');
  const reply = await pool.announce(serving({ fence: 8, pod: 'rt-2' }));
  expect(reply.record?.state).toBe('serving');
});

test('a release ends it, a failed health check does not', async () => {
  await pool.announce(serving({ fence: 7, serial: 1, pod: 'rt-1' }));
  await pool.order(TARGET, 'drain', 'operator');
  await pool.announce(gone({ fence: 7, serial: 2, pod: 'rt-1' }, 'unhealthy'));
  const back = await pool.announce(serving({ fence: 7, serial: 3, pod: 'rt-1' }));
  expect(back.record?.state).toBe('draining');
  await pool.announce(gone({ fence: 7, serial: 4, pod: 'rt-1' }, 'released'));
  expect(await orders()).toEqual({});
});

test("a hook's drain under an order keeps the epoch at which the draining began", async () => {
  await pool.announce(serving({ fence: 7, serial: 1, pod: 'rt-1' }));
  await pool.order(TARGET, 'drain', 'operator');
  const ordered = await record();
  const hook = await pool.announce(draining({ fence: 7, serial: 2, pod: 'rt-1' }));
  expect(hook.record).toMatchObject({
    by: 'hook',
    epoch: ordered?.epoch,
    sinceMs: ordered?.sinceMs,
  });
  expect(await pool.order(TARGET, 'undrain', 'operator')).toBe('ok');
  expect(await record()).toMatchObject({ state: 'draining', by: 'hook' });
});

describe('after a flush', () => {
  const stated = (serial: number, order: Order): Announcement =>
    ({ ...serving({ fence: 7, serial, pod: 'rt-1' }), order }) as Announcement;

  test('it stands again when its sidecar states it', async () => {
    const { run } = await pool.announce(serving({ fence: 7, serial: 1, pod: 'rt-1' }));
    await admin.flushall();
    const reply = await pool.announce(stated(2, { by: 'operator', run, sinceMs: 5 }));
    expect(reply.record).toMatchObject({ state: 'draining', by: 'operator' });
    const after = await pool.announce(serving({ fence: 7, serial: 3, pod: 'rt-1' }));
    expect(after.record?.state).toBe('draining');
  });

  test('stated as one of this run, it does not undo an undrain', async () => {
    await pool.announce(serving({ fence: 7, serial: 1, pod: 'rt-1' }));
    await pool.order(TARGET, 'drain', 'operator');
    const { run } = await pool.view();
    await pool.order(TARGET, 'undrain', 'operator');
    const reply = await pool.announce(stated(2, { by: 'operator', run, sinceMs: 5 }));
    expect(reply.record?.state).toBe('serving');
  });
});

test('what cannot be ordered is said: an unknown or gone target, one without a pod name', async () => {
  expect(await pool.order(TARGET, 'drain', 'operator')).toBe('unknown');
  await pool.announce(serving({ fence: 7 }));
  expect(await pool.order(TARGET, 'drain', 'operator')).toBe('unnamed');
  await pool.announce(gone({ fence: 7, serial: 2 }));
  expect(await pool.order(TARGET, 'drain', 'operator')).toBe('unknown');
});
