/** A drain's deadline, as its sidecar states it and tools read it: it moves without a change of the pool. */
import type { Announcement } from '../../registry/registry';
import { cleanUp, clientOf, realRedis, registryWithClock } from './redis';
import { draining, serving } from './statements';

const NOW_MS = 1_700_000_000_000;

let admin: Awaited<ReturnType<typeof clientOf>>;
let clock: Awaited<ReturnType<typeof registryWithClock>>;

beforeAll(async () => {
  const { url } = await realRedis();
  admin = await clientOf(url);
  clock = await registryWithClock(url);
});
beforeEach(async () => {
  await admin.flushall();
  await clock.set(NOW_MS);
});
afterAll(cleanUp);

const pool = () => clock.registry.pool('rt');
const said = (serial: number, leftMs: number): Announcement => ({
  ...draining({ fence: 1, serial }),
  ...{ state: 'draining', by: 'hook', leftMs },
});

test('it is kept as a time of Redis, and the same deadline stated later is the same', async () => {
  const { record, epoch } = await pool().announce(said(1, 25_000));
  expect(record).toMatchObject({ state: 'draining', sinceMs: NOW_MS, untilMs: NOW_MS + 25_000 });
  await clock.set(NOW_MS + 1000);
  const again = await pool().announce(said(2, 23_990.5));
  expect(again).toMatchObject({ epoch, record: { untilMs: NOW_MS + 25_000 } });
});

test('one that moves is kept anew, under the same epoch: gateways need not ack it', async () => {
  const { epoch } = await pool().announce(said(1, 25_000));
  const moved = await pool().announce(said(2, 10_000));
  expect(moved).toMatchObject({ epoch, record: { epoch, untilMs: NOW_MS + 10_000 } });
  const { targets } = await clock.registry.overview('rt');
  expect(targets).toMatchObject([{ state: 'draining', untilMs: NOW_MS + 10_000 }]);
});

test('it ends with the drain; an operator’s drain has none', async () => {
  await pool().announce(said(1, 25_000));
  const { record } = await pool().announce(serving({ fence: 2, pod: 'rt-1' }));
  expect(record).not.toHaveProperty('untilMs');
  await pool().order('10.1.0.1:8080', 'drain', 'operator');
  const ordered = await pool().announce(serving({ fence: 2, serial: 2, pod: 'rt-1' }));
  expect(ordered.record).toMatchObject({ state: 'draining', by: 'operator' });
  expect(ordered.record).not.toHaveProperty('untilMs');
});
