/** Zones and slow start by what the registry holds, through plugin server and gateway. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '../../../harness/wait';
import type { PoolRegistry } from '../../../registry/registry';
import { announceTarget, type AnnouncedTarget } from '../support/announced';
import { Eye } from '../support/eye';
import { sharedFleet } from '../support/fleet';
import { ask } from '../support/request';

const REQUESTS = 110;
const HOURS_MS = 2 * 3_600_000;

let eye: Eye;
const ends: (() => unknown)[] = [];
const fleet = sharedFleet(
  {
    mode: 'drain',
    pods: 1,
    sidecarEnv: { DRAIN_ZONE: 'there' },
    gatewayEnv: { DRAIN_ZONE: 'here' },
    drain: { policy: 'round-robin', slow_start_seconds: 3600 },
  },
  ({ redis }) => {
    eye = new Eye(redis!.url);
    return async () => {
      for (const end of ends) await end();
      await eye.close();
    };
  },
);

/** A target in the gateway's zone that answers with its name, and has served for so long. */
async function startHere(name: string, forMs: number): Promise<AnnouncedTarget> {
  const server: Server = createServer((_, response) => {
    response.setHeader('connection', 'close');
    response.end(JSON.stringify({ pod: name }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const target = await announceTarget(eye.pool, `127.0.0.1:${port}`, { zone: 'here', forMs });
  let withdrawn: Promise<void> | undefined;
  const withdraw = () => (withdrawn ??= target.withdraw());
  ends.push(withdraw);
  return { ...target, withdraw };
}

/** A gateway that exists in the registry only, in the other zone. */
async function renewThere(pool: PoolRegistry): Promise<void> {
  const life = { id: 'gw-there', incarnation: randomUUID(), seenEpoch: 0, leaseMs: 3000 };
  const fence = await waitFor('the registry', () => pool.join('gateway', life.id));
  const report = { name: life.id, addresses: [], epoch: 0, holding: {}, unassigned: 0 };
  let serial = 0;
  const renew = (left: boolean) =>
    pool.renew({
      ...{ ...life, fence, serial: ++serial, counts: {}, news: false },
      report: { ...report, leaseMs: life.leaseMs, zone: 'there', ...(left ? { left } : {}) },
    });
  await renew(false);
  const renewals = setInterval(() => void renew(false).catch(() => undefined), 500);
  ends.push(async () => {
    clearInterval(renewals);
    await renew(true);
  });
}

async function answering(): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  for (let i = 0; i < REQUESTS; i++) {
    const { status, body } = await ask(`${fleet().gateways[0]!.proxyUrl}/headers`);
    expect(status).toBe(200);
    const { pod } = JSON.parse(body) as { pod: string };
    seen.set(pod, (seen.get(pod) ?? 0) + 1);
  }
  return seen;
}

test('requests stay in the zone that has room, a new target there gets a tenth, and without any they go elsewhere', async () => {
  await renewThere(eye.pool);
  const old = await startHere('here-old', HOURS_MS);
  const recent = await startHere('here-new', 0);
  const seen = await waitFor(
    'the other zone to be left alone',
    async () => {
      const now = await answering();
      return !now.has('rt-1') && now;
    },
    { timeoutMs: 30_000 },
  );
  expect([...seen.keys()].sort()).toEqual(['here-new', 'here-old']);
  expect(seen.get('here-new')).toBeGreaterThan(REQUESTS / 22);
  expect(seen.get('here-new')).toBeLessThan(REQUESTS / 5);

  await Promise.all([old.withdraw(), recent.withdraw()]);
  await waitFor('the other zone to take over', async () => {
    const now = await answering();
    return now.get('rt-1') === REQUESTS;
  });
});
