/** Leases of targets, as Redis counts them: they end, once, and leave a tombstone for a minute. */
import type { Change, PoolRegistry } from '../../registry/registry';
import { waitFor } from '../../harness/wait';
import { cleanUp, clientOf, realRedis, registryOf, registryWithClock } from './redis';
import { draining, gone, LEASE_MS, renewal, serving, TARGET } from './statements';

const START_MS = 1_700_000_000_000;

let pool: PoolRegistry;
let at: (ms: number) => Promise<unknown>;
let flush: () => Promise<unknown>;
let url: string;
let serial = 0;

beforeAll(async () => {
  ({ url } = await realRedis());
  const admin = await clientOf(url);
  flush = () => admin.flushall();
  const { registry, set } = await registryWithClock(url);
  at = (ms) => set(START_MS + ms);
  pool = registry.pool('rt');
});
beforeEach(async () => {
  await flush();
  await at(0);
});
afterAll(cleanUp);

const renew = () => pool.renew(renewal({ fence: 1, serial: ++serial }));
const record = async (id = TARGET) => (await pool.view()).targets.get(id);

test('a target whose lease has ended is gone with the next renewal of any gateway, not a ms before', async () => {
  const said = await pool.announce(serving({ fence: 7 }));
  await at(LEASE_MS);
  await renew();
  expect((await record())?.state).toBe('serving');
  await at(LEASE_MS + 1);
  const swept = await renew();
  expect(swept.epoch).toBeGreaterThan(said.epoch);
  expect(await record()).toMatchObject({
    state: 'gone',
    epoch: swept.epoch,
    incarnation: 'life-7',
  });
});

test('a renewed statement keeps the lease', async () => {
  await pool.announce(serving({ fence: 7, serial: 1 }));
  await at(LEASE_MS);
  await pool.announce(serving({ fence: 7, serial: 2 }));
  await at(2 * LEASE_MS);
  await renew();
  expect((await record())?.state).toBe('serving');
});

test('a stale statement does not keep the lease of the life that took over', async () => {
  await pool.announce(serving({ fence: 7 }));
  await at(LEASE_MS - 1);
  await pool.announce(serving({ fence: 6, serial: 50 }));
  await at(LEASE_MS + 1);
  await renew();
  expect((await record())?.state).toBe('gone');
});

test('a draining target that says nothing any more is gone too, without its cause', async () => {
  await pool.announce(draining({ fence: 7 }));
  await at(LEASE_MS + 1);
  await renew();
  expect(await record()).toMatchObject({ state: 'gone' });
  expect(await record()).not.toHaveProperty('by');
});

test('many ended leases: a hundred per renewal, one epoch for each batch, all of it published', async () => {
  const published: Change[] = [];
  const stop = pool.onChange((change) => change && published.push(change));
  const ids = Array.from({ length: 130 }, (_, i) => `10.1.1.${i}:80`);
  for (const id of ids) await pool.announce(serving({ id, fence: 7 }));
  await waitFor('all announcements', () => published.length === ids.length);
  await at(LEASE_MS + 1);
  const first = await renew();
  const second = await renew();
  await waitFor('the sweeps', () => published.length === ids.length + 2);
  stop();
  const [a, b] = published.slice(-2);
  expect([a?.changes.length, b?.changes.length]).toEqual([100, 30]);
  expect([a?.epoch, b?.epoch]).toEqual([first.epoch, second.epoch]);
  expect(b?.prev).toBe(first.epoch);
  const states = [...(await pool.view()).targets.values()].map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['gone']));
});

test('a tombstone ends after a minute and raises no epoch', async () => {
  const { epoch } = await pool.announce(gone({ fence: 7 }));
  await at(60_000);
  await renew();
  expect((await record())?.state).toBe('gone');
  await at(60_001);
  expect((await renew()).epoch).toBe(epoch);
  expect(await record()).toBeUndefined();
});

test('a gateway lost for ten minutes is forgotten when a new one comes, one lost for less is not', async () => {
  await pool.renew(renewal({ id: 'gw-old', fence: 1, holding: { [TARGET]: 1 } }));
  await at(60_000);
  await pool.renew(renewal({ id: 'gw-mid', fence: 1 }));
  await at(LEASE_MS + 600_001);
  await pool.renew(renewal({ id: 'gw-new', fence: 1, serial: 1 }));
  const { gateways } = await pool.progress(TARGET, 0);
  expect(gateways.map(({ id }) => id).sort()).toEqual(['gw-mid', 'gw-new']);
});

test('by the real clock of Redis: a lease ends by itself', async () => {
  const real = (await registryOf(url)).registry.pool('real');
  await real.announce({ ...serving({ fence: 7 }), leaseMs: 60 });
  let writes = 0;
  await waitFor('the lease to end', async () => {
    await real.renew(renewal({ fence: 1, serial: ++writes }));
    return (await real.view()).targets.get(TARGET)?.state === 'gone';
  });
});
