/** What the agent hands to Kong of targets beyond their names, from a real registry: since when they serve, and shares. */
import { systemClock } from '../../core/clock';
import { PoolAgent } from '../../plugin/server/pool-agent';
import type { PoolHandover } from '../../plugin/server/sync-client';
import type { PoolRegistry } from '../../registry/registry';
import { Announcer } from '../../sidecar/announcer';
import { waitFor } from '../../harness/wait';
import { cleanUp, clientOf, onCleanUp, realRedis, registryOf } from '../registry/redis';
import { LEASE_MS, renewal, serving } from '../registry/statements';

const [HERE, THERE] = ['10.1.0.1:8080', '10.1.0.2:8080'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let pool: PoolRegistry;
let redis: Awaited<ReturnType<typeof clientOf>>;

beforeEach(async () => {
  const { url } = await realRedis();
  redis = await clientOf(url);
  pool = (await registryOf(url)).registry.pool('rt');
});
afterEach(cleanUp);

/** A gateway whose Kong is not asked: what it would be handed first. */
async function handedTo(zone?: string): Promise<PoolHandover> {
  const options = { pool: 'rt', gateway: 'gw-1', addresses: [], leaseMs: LEASE_MS, zone };
  const agent = new PoolAgent(pool, systemClock, options, silent, () => undefined);
  onCleanUp(() => agent.close());
  await agent.renew();
  return agent.handover()!;
}

test('since when a target serves, by the registry’s clock turned into the machine’s', async () => {
  const beforeMs = systemClock.nowMs();
  await pool.announce(serving({ id: HERE, fence: 1 }));
  await pool.announce(serving({ id: THERE, fence: 1, forMs: 60_000 }));
  const afterMs = systemClock.nowMs();
  const { sinceMs = {}, shares } = await handedTo();
  expect(shares).toBeUndefined();
  for (const [id, agoMs] of [
    [HERE, 0],
    [THERE, 60_000],
  ] as const) {
    expect(sinceMs[id]! + agoMs).toBeGreaterThan(beforeMs - 50);
    expect(sinceMs[id]! + agoMs).toBeLessThan(afterMs + 50);
  }
});

test('one that has served for hours is not mentioned', async () => {
  await pool.announce(serving({ id: HERE, fence: 1, forMs: 4 * 3_600_000 }));
  expect(await handedTo()).not.toHaveProperty('sinceMs');
});

test('a target is not new again because the registry has lost it, or its sidecar has restarted', async () => {
  const options = { target: HERE, renewMs: 100, leaseMs: LEASE_MS, pod: 'rt-1.uid' };
  const sidecar = new Announcer(pool, systemClock, options, silent);
  onCleanUp(() => sidecar.stop());
  const recorded = async () => (await pool.view()).targets.get(HERE);
  sidecar.start();
  sidecar.healthy(true);
  const first = await waitFor('the announcement', recorded);
  await waitFor('half a second', async () => (await pool.view()).nowMs > first.sinceMs + 500);
  await redis.flushall();
  const again = await waitFor('the announcement', recorded);
  expect(Math.abs(again.sinceMs - first.sinceMs)).toBeLessThan(250);

  sidecar.stop();
  const restarted = new Announcer(pool, systemClock, options, silent);
  onCleanUp(() => restarted.stop());
  restarted.healthy(true);
  const third = await waitFor('the new life', async () => {
    const record = await recorded();
    return record?.incarnation === restarted.incarnation && record;
  });
  expect(third.sinceMs).toBe(again.sinceMs);
});

test('a gateway in a zone is handed shares by the zones of all live gateways', async () => {
  await pool.announce(serving({ id: HERE, fence: 1, zone: 'a' }));
  await pool.announce(serving({ id: THERE, fence: 1, zone: 'b' }));
  const there = renewal({ id: 'gw-2', fence: 1 });
  await pool.renew({ ...there, report: { ...there.report, zone: 'b' } });
  expect((await handedTo('a')).shares).toEqual({ [HERE]: 2, [THERE]: 0 });
  const { gateways } = await pool.progress('', 0);
  expect(gateways.find(({ id }) => id === 'gw-1')).toMatchObject({ zone: 'a' });
  expect((await handedTo()).shares).toBeUndefined();
  const left = { ...there, serial: 2, report: { ...there.report, zone: 'b', left: true } };
  await pool.renew(left);
  // Alone it has all the traffic, and both targets to give it to.
  expect((await handedTo('a')).shares).toEqual({ [HERE]: 1, [THERE]: 1 });
});
