/**
 * The users of the development Redis, as its file has them: each can do all that its role does, with nothing to spare, and
 * a pool's sidecars reach no other pool.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectRedis } from '../../registry/connect';
import type { RedisRegistry } from '../../registry/redis-registry';
import { waitFor } from '../../harness/wait';
import { aclFile, aclUser } from './acl-users';
import {
  cleanUp,
  clientOf,
  onCleanUp,
  realRedis,
  registryOf,
  registryOver,
  temporaryFolder,
} from './redis';
import { drainEntry, draining, gone, renewal, serving, TARGET } from './statements';

let admin: Awaited<ReturnType<typeof clientOf>>;
let all: RedisRegistry;
let address: string;
let users = 0;

beforeAll(async () => {
  // The file itself, but for its first user, by whom the tests come in.
  const file = path.join(temporaryFolder(), 'users.acl');
  const text = readFileSync(aclFile, 'utf8');
  writeFileSync(file, text.replace(/^user default .*$/m, 'user default on nopass ~* &* +@all'));
  const redis = await realRedis({ args: ['--aclfile', file] });
  admin = await clientOf(redis.url);
  ({ registry: all } = await registryOf(redis.url));
  address = `${redis.host}:${redis.port}`;
});
beforeEach(async () => {
  await admin.flushall();
  await admin.script('FLUSH');
});
afterAll(cleanUp);

async function registryAs(login: string): Promise<RedisRegistry> {
  const open = () => connectRedis({ url: `redis://${login}@${address}` }, () => undefined);
  return (await registryOver(open(), open())).registry;
}

/** What the role `name` does, in pool rt. Each rejects at the first thing that fails. */
type Role = (registry: RedisRegistry, timeoutMs: number) => Promise<void>;
const roles: Readonly<Record<string, Role>> = {
  'sidecar-rt': async (registry, timeoutMs) => {
    const gatewayFence = await all.pool('rt').join('gateway', 'gw-1');
    await all.pool('rt').renew(renewal({ fence: gatewayFence }));
    const pool = registry.pool('rt');
    const heard = listen(timeoutMs, (callback) => pool.onNews(callback));
    await heard.upTo(1);
    const fence = await pool.join('target', TARGET);
    await pool.announce(serving({ fence, serial: 1, pod: 'rt-1' }));
    expect(await pool.order(TARGET, 'drain', 'operator')).toBe('ok');
    expect(await pool.order(TARGET, 'undrain', 'operator')).toBe('ok');
    await pool.announce(draining({ fence, serial: 2, pod: 'rt-1' }));
    await all.pool('rt').renew(renewal({ fence: gatewayFence, serial: 2, news: true }));
    await heard.upTo(2);
    expect((await pool.progress(TARGET, 0)).gateways).toHaveLength(1);
    await pool.announce(gone({ fence, serial: 3, pod: 'rt-1' }));
    await admin.zadd('drain:{rt}:history', 0, '0 0 {}'); // too old: swept
    await registry.history('rt').record(drainEntry(TARGET));
    expect(await registry.history('rt').last(5)).toHaveLength(1);
    expect((await registry.overview('rt')).targets).toHaveLength(1);
    await heard.end('drain:{rt}:news');
  },

  gateway: async (registry, timeoutMs) => {
    const fence = await all.pool('rt').join('target', TARGET);
    const pool = registry.pool('rt');
    const heard = listen(timeoutMs, (callback) => pool.onChange(callback));
    await heard.upTo(1);
    await all.pool('rt').announce({ ...serving({ fence, pod: 'rt-1' }), leaseMs: -1 });
    await heard.upTo(2);
    await admin.hset('drain:{rt}:targets', '10.1.0.2:80', 'garbage');
    await admin.zadd('drain:{rt}:leases', 1, '10.1.0.2:80');
    const gatewayFence = await pool.join('gateway', 'gw-1');
    await pool.renew(renewal({ fence: gatewayFence, serial: 1, holding: { [TARGET]: 1 } }));
    expect((await pool.view()).targets.get(TARGET)?.state).toBe('gone');
    expect((await pool.progress('', 0)).gateways).toHaveLength(1); // for the zones of the others
    await pool.renew(renewal({ fence: gatewayFence, serial: 2, news: true, left: true }));
    await heard.end('drain:{rt}:changes');
  },

  controller: async (registry) => {
    const fence = await all.pool('rt').join('target', TARGET);
    await all.pool('rt').announce(serving({ fence, pod: 'rt-1' }));
    const gatewayFence = await all.pool('rt').join('gateway', 'gw-1');
    await all.pool('rt').renew(renewal({ fence: gatewayFence, holding: { [TARGET]: 1 } }));
    const keeper = registry.keeper('rt');
    expect(await keeper.drain(TARGET, 'rt-1')).toBe('ok');
    expect((await keeper.inFlight()).get(TARGET)).toBe(1);
    // Known to the server now: by evalsha.
    expect((await keeper.inFlight()).get(TARGET)).toBe(1);
    expect(await keeper.forget(TARGET, 'rt-1')).toBe(true);
  },

  viewer: async (registry, timeoutMs) => {
    const fence = await all.pool('rt').join('target', TARGET);
    await all.pool('rt').announce(serving({ fence, pod: 'rt-1' }));
    await all.history('rt').record(drainEntry(TARGET));
    expect(await registry.poolNames()).toEqual(['rt']);
    expect((await registry.overview('rt')).targets).toHaveLength(1);
    expect(await registry.history('rt').last(5)).toHaveLength(1);
    const pool = registry.pool('rt');
    const heard = listen(timeoutMs, (callback) => pool.onNews(callback));
    await heard.upTo(1);
    const gatewayFence = await all.pool('rt').join('gateway', 'gw-1');
    await all.pool('rt').renew(renewal({ fence: gatewayFence, news: true }));
    await heard.upTo(2);
    await heard.end('drain:{rt}:news');
  },

  operator: async (registry, timeoutMs) => {
    const fence = await all.pool('rt').join('target', TARGET);
    await all.pool('rt').announce(serving({ fence, pod: 'rt-1' }));
    const gatewayFence = await all.pool('rt').join('gateway', 'gw-1');
    await all.pool('rt').renew(renewal({ fence: gatewayFence }));
    const pool = registry.pool('rt');
    expect(await registry.poolNames()).toEqual(['rt']);
    expect((await registry.overview('rt')).targets).toHaveLength(1);
    expect(await registry.history('rt').last(5)).toEqual([]);
    const heard = listen(timeoutMs, (callback) => pool.onChange(callback));
    await heard.upTo(1);
    expect((await pool.view()).targets.size).toBe(1);
    expect(await pool.order(TARGET, 'drain', 'operator')).toBe('ok');
    await heard.upTo(2);
    expect((await pool.progress(TARGET, 0)).gateways).toHaveLength(1);
    expect(await pool.order(TARGET, 'undrain', 'operator')).toBe('ok');
    await heard.end('drain:{rt}:changes');
  },
};

const names = Object.keys(roles);

test.each(names)('%s can do all that it is for', async (name) => {
  await roles[name]?.(await registryAs(`${name}:${aclUser(name).password}`), 10_000);
});

/** ioredis goes on without `info`: it only asks whether the server is still loading. */
const parts = names.flatMap((name) =>
  aclUser(name)
    .commands.filter((command) => command !== 'info')
    .map((command) => [name, command] as const),
);

test.each(parts)('%s: without %s something fails', async (name, without) => {
  const user = `user-${++users}`;
  const rules = aclUser(name).rules.filter((rule) => rule !== `+${without}`);
  await admin.call('ACL', 'SETUSER', user, ...rules);
  const registry = await registryAs(`${user}:${aclUser(name).password}`);
  await expect(roles[name]?.(registry, 500)).rejects.toThrow();
});

test('a sidecar of pool rt can read and write nothing of another pool, and nothing else', async () => {
  const login = `sidecar-rt:${aclUser('sidecar-rt').password}`;
  const client = connectRedis({ url: `redis://${login}@${address}` }, () => undefined);
  onCleanUp(() => client.disconnect());
  await waitFor('the connection', () => client.status === 'ready');
  const fence = await all.pool('other').join('target', TARGET);
  await all.pool('other').announce(serving({ fence, pod: 'other-1' }));
  const refused = [
    ['HGET', 'drain:{other}:targets', TARGET],
    ['HSET', 'drain:{other}:targets', TARGET, '{}'],
    ['HSET', 'drain:{rt-2}:targets', TARGET, '{}'],
    ['EVAL', "return redis.call('HSET', 'drain:{other}', 'run', '1')", '0'],
    ['SUBSCRIBE', 'drain:{other}:changes'],
    ['PUBLISH', 'drain:{other}:changes', '{}'],
    ...[
      ['KEYS', '*'],
      ['SCAN', '0'],
      ['GET', 'x'],
      ['DEL', 'drain:{rt}'],
    ],
    ...[['FLUSHALL'], ['CONFIG', 'GET', '*'], ['ACL', 'LIST'], ['SCRIPT', 'FLUSH']],
  ];
  for (const [command = '', ...args] of refused) {
    await expect(client.call(command, ...args)).rejects.toThrow(/NOPERM|can't access/);
  }
  expect(await client.hset('drain:{rt}:targets', TARGET, '{}')).toBe(1);
});

test('nobody gets in without a password', async () => {
  const [line = ''] = readFileSync(aclFile, 'utf8').split('\n');
  expect(line).toMatch(/^user default off /);
});

interface Heard {
  upTo(count: number): Promise<void>;
  /** Ends the subscription; rejects unless Redis knows of that. */
  end(channel: string): Promise<void>;
}

function listen(timeoutMs: number, subscribe: (callback: () => void) => () => void): Heard {
  let count = 0;
  const stop = subscribe(() => count++);
  return {
    upTo: async (wanted) => {
      await waitFor('the message', () => count >= wanted, { timeoutMs });
    },
    end: async (channel) => {
      stop();
      const listeners = async () =>
        ((await admin.call('PUBSUB', 'NUMSUB', channel)) as unknown[])[1];
      const over = async () => (await listeners()) === 0;
      await waitFor('the end of the subscription', over, { timeoutMs });
    },
  };
}
