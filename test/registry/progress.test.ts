/** What a drain sees of the gateways: every report once, and the target as it stands. */
import type { PoolRegistry } from '../../registry/registry';
import { cleanUp, clientOf, realRedis, registryOf } from './redis';
import { draining, LEASE_MS, renewal, TARGET } from './statements';

let pool: PoolRegistry;
let admin: Awaited<ReturnType<typeof clientOf>>;

beforeAll(async () => {
  const { url } = await realRedis();
  admin = await clientOf(url);
  pool = (await registryOf(url)).registry.pool('rt');
});
beforeEach(() => admin.flushall());
afterAll(cleanUp);

const ids = (seen: { gateways: readonly { id: string }[] }) => seen.gateways.map(({ id }) => id);

test('at first every gateway is told, with the end of its lease by the clock of Redis', async () => {
  const { epoch } = await pool.announce(draining({ fence: 7 }));
  const a = await pool.renew(renewal({ id: 'a', fence: 1, epoch, holding: { [TARGET]: 2 } }));
  await pool.renew(renewal({ id: 'b', fence: 1 }));
  const seen = await pool.progress(TARGET, 0);
  expect(seen).toMatchObject({ epoch, lastReport: 2, record: { state: 'draining' } });
  expect(ids(seen)).toEqual(['a', 'b']);
  expect(seen.gateways[0]).toMatchObject({ epoch, holding: { [TARGET]: 2 } });
  expect(seen.gateways[0]?.leaseUntilMs).toBe(a.nowMs + LEASE_MS);
});

test('then only those that reported since, the latest report of each', async () => {
  await pool.renew(renewal({ id: 'a', fence: 1 }));
  await pool.renew(renewal({ id: 'b', fence: 1 }));
  const { lastReport } = await pool.progress(TARGET, 0);
  expect(ids(await pool.progress(TARGET, lastReport))).toEqual([]);
  await pool.renew(renewal({ id: 'a', fence: 1, serial: 2, epoch: 3 }));
  await pool.renew(renewal({ id: 'a', fence: 1, serial: 3, epoch: 4 }));
  const seen = await pool.progress(TARGET, lastReport);
  expect(seen.gateways).toMatchObject([{ id: 'a', epoch: 4 }]);
  expect(seen.lastReport).toBe(lastReport + 2);
});

test('a stale report is none', async () => {
  await pool.renew(renewal({ id: 'a', fence: 2 }));
  const { lastReport } = await pool.progress(TARGET, 0);
  await pool.renew(renewal({ id: 'a', fence: 1 }));
  expect(ids(await pool.progress(TARGET, lastReport))).toEqual([]);
});

test('more gateways than one command takes', async () => {
  const names = Array.from({ length: 1203 }, (_, i) => `gw-${i}`);
  await Promise.all(names.map((id) => pool.renew(renewal({ id, fence: 1 }))));
  expect(ids(await pool.progress(TARGET, 0))).toHaveLength(1203);
});

test('an unknown target has no record; an empty registry has no run', async () => {
  const seen = await pool.progress(TARGET, 0);
  expect(seen).toMatchObject({ run: '', record: null, lastReport: 0, gateways: [] });
});

test('a gateway that has left is told as such, and counts nothing any more', async () => {
  await pool.renew(renewal({ id: 'a', fence: 1, holding: { [TARGET]: 2 } }));
  await pool.renew(renewal({ id: 'a', fence: 1, serial: 2, left: true }));
  expect((await pool.progress(TARGET, 0)).gateways).toMatchObject([{ id: 'a', left: true }]);
  expect(await admin.hgetall('drain:{rt}:counts')).toEqual({});
});
