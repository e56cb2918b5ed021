/** Who counts as a client that comes past Kong: a peer that two looks saw, and that is neither a gateway nor the pod. */
import type { RedisRegistry } from '../../registry/redis-registry';
import { DirectClients, type DirectPolicy } from '../../sidecar/direct-clients';
import type { Sockets } from '../../sidecar/socket-watch';
import { cleanUp, realRedis, registryOf } from '../registry/redis';
import { renewal, TARGET } from '../registry/statements';

const EVERY_MS = 5000;
const GATEWAY = '10.2.0.1';
const CALLER = '10.9.0.7';

let registry: RedisRegistry;
let nowMs = 0;
let peers: readonly string[] = [];
let looks = 0;

beforeAll(async () => {
  ({ registry } = await registryOf((await realRedis()).url));
  await registry.pool('rt').renew(renewal({ id: 'gw-1', fence: 1 }));
});
afterAll(cleanUp);
beforeEach(() => (looks = 0));

function clients(policy: DirectPolicy = 'auto'): DirectClients {
  const sockets: Sockets = {
    peers: async () => {
      looks += 1;
      return peers;
    },
    listeners: async () => [],
    connections: async () => [],
  };
  const clock = { nowMs: () => nowMs, after: () => () => undefined };
  const localAddresses = new Set(['127.0.0.1', '10.1.0.1']);
  const options = { policy, everyMs: EVERY_MS, target: TARGET, localAddresses };
  return new DirectClients(sockets, registry.pool('rt'), clock, options);
}

async function look(direct: DirectClients, seen: readonly string[]): Promise<void> {
  nowMs += EVERY_MS;
  peers = seen;
  await direct.look();
}

test('seen in two looks within a minute, and remembered for ten', async () => {
  const direct = clients();
  await look(direct, [CALLER]);
  nowMs += 60_000;
  await look(direct, [CALLER, GATEWAY]);
  await look(direct, [GATEWAY]);
  expect(direct.present).toBe(false);
  await look(direct, [CALLER]);
  expect(direct.present).toBe(true);
  nowMs += 600_001;
  expect(direct.present).toBe(false);
});

test('gateways and the pod itself are none', async () => {
  const direct = clients();
  for (let i = 0; i < 3; i++) await look(direct, [GATEWAY, '127.0.0.1', '10.1.0.1']);
  expect(looks).toBe(3);
  expect(direct.present).toBe(false);
});

test('it looks no more often than it should, and not at all where it has been told', async () => {
  const direct = clients();
  await look(direct, [CALLER]);
  await direct.look();
  expect(looks).toBe(1);
  for (const policy of ['yes', 'no'] as const) {
    const told = clients(policy);
    await look(told, [CALLER]);
    await look(told, [CALLER]);
    expect(told.present).toBe(policy === 'yes');
  }
  expect(looks).toBe(1);
});
