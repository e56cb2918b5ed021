/** Runs and epochs: an epoch never comes twice, and a registry that lost something is seen to be another run. */
import type { PoolRegistry } from '../../registry/registry';
import { cleanUp, clientOf, realRedis, registryWithClock } from './redis';
import { draining, renewal, serving, TARGET } from './statements';

const START_MS = 1_700_000_000_000;

let pool: PoolRegistry;
let at: (ms: number) => Promise<unknown>;
let admin: Awaited<ReturnType<typeof clientOf>>;

beforeAll(async () => {
  const { url } = await realRedis();
  admin = await clientOf(url);
  const { registry, set } = await registryWithClock(url);
  at = (ms) => set(START_MS + ms);
  pool = registry.pool('rt');
});
beforeEach(async () => {
  await admin.flushall();
  await at(0);
});
afterAll(cleanUp);

/** Forgets the pool, as FLUSHALL would, but for the tests' clock. */
const forget = async () => admin.del(...(await admin.keys('drain:*')));

test('the first member begins the run, all others find it', async () => {
  expect(await pool.view()).toMatchObject({ run: '', epoch: 0 });
  const first = await pool.renew(renewal({ fence: 1 }));
  expect(first).toMatchObject({ status: 'ok', bornMs: START_MS, epoch: START_MS });
  await at(500);
  const second = await pool.announce(serving({ fence: 7 }));
  expect(second).toMatchObject({ run: first.run, bornMs: START_MS, epoch: START_MS + 500 });
});

test('changes within one ms still have epochs of their own', async () => {
  const first = await pool.announce(serving({ id: '10.1.0.1:80', fence: 7 }));
  const second = await pool.announce(serving({ id: '10.1.0.2:80', fence: 7 }));
  const third = await pool.announce(draining({ id: '10.1.0.2:80', fence: 7, serial: 2 }));
  expect([second.epoch, third.epoch]).toEqual([first.epoch + 1, first.epoch + 2]);
});

test('the epoch does not go down when the clock of Redis does', async () => {
  await at(10_000);
  const before = await pool.announce(serving({ fence: 7 }));
  await at(0);
  const after = await pool.announce(draining({ fence: 7, serial: 2 }));
  expect(after.epoch).toBe(before.epoch + 1);
});

test('after a flush a new run begins, above every epoch that its first member knows', async () => {
  const before = await pool.announce(serving({ fence: 7 }));
  await forget();
  const seenEpoch = before.epoch + 70;
  await at(50);
  const after = await pool.renew(renewal({ fence: 1, serial: 9, seenEpoch }));
  expect(after.run).not.toBe(before.run);
  expect(after).toMatchObject({ status: 'ok', epoch: seenEpoch + 1, bornMs: START_MS + 50 });
});

test('an older copy is a new run as soon as one member knows better, and keeps what it has', async () => {
  const before = await pool.announce(serving({ fence: 7 }));
  await at(2000);
  const fine = await pool.renew(renewal({ fence: 1, serial: 1, seenEpoch: before.epoch }));
  expect(fine.run).toBe(before.run);
  const after = await pool.renew(renewal({ fence: 1, serial: 2, seenEpoch: before.epoch + 1 }));
  expect(after.run).not.toBe(before.run);
  expect(after).toMatchObject({ bornMs: START_MS + 2000, epoch: START_MS + 2000 });
  expect((await pool.view()).targets.get(TARGET)).toMatchObject({ epoch: before.epoch });
});

test('a stale statement of one who knows better shows the older copy, too', async () => {
  const before = await pool.announce(serving({ fence: 7 }));
  const late = await pool.announce(serving({ fence: 6, seenEpoch: before.epoch + 5 }));
  expect(late).toMatchObject({ status: 'stale', epoch: before.epoch + 6 });
  expect(late.run).not.toBe(before.run);
});

test('every key carries the pool as hash tag', async () => {
  await pool.announce(serving({ fence: 7 }));
  expect((await admin.keys('drain:*')).every((key) => key.startsWith('drain:{rt}'))).toBe(true);
});
