/**
 * The least that a user of Redis must be allowed for one pool. `rulesFor` is the rule set for operators to copy: with it
 * every call works for that pool, none for another, and without any one of its commands something fails.
 */
import { connectRedis } from '../../registry/connect';
import type { RedisRegistry } from '../../registry/redis-registry';
import { waitFor } from '../../harness/wait';
import { aclUser } from './acl-users';
import { cleanUp, clientOf, realRedis, registryOver } from './redis';
import { drainEntry, draining, gone, renewal, serving, TARGET } from './statements';

/**
 * All that any role needs: a gateway's. `eval` beside `evalsha`: for a server that does not know the scripts yet. `info`:
 * ioredis asks if it is loading.
 */
const COMMANDS = aclUser('gateway').commands;

const rulesFor = (pool: string, commands: readonly string[] = COMMANDS): string[] => [
  ...['on', '>secret', 'resetkeys', 'resetchannels', '-@all'],
  ...[`~drain:{${pool}}`, `~drain:{${pool}}:*`, `&drain:{${pool}}:*`],
  ...commands.map((command) => `+${command}`),
];

let admin: Awaited<ReturnType<typeof clientOf>>;
let address: string;
let users = 0;

beforeAll(async () => {
  const redis = await realRedis();
  admin = await clientOf(redis.url);
  address = `${redis.host}:${redis.port}`;
});
beforeEach(async () => {
  await admin.flushall();
  await admin.script('FLUSH');
});
afterAll(cleanUp);

async function registryAs(rules: readonly string[]): Promise<RedisRegistry> {
  const user = `user-${++users}`;
  await admin.call('ACL', 'SETUSER', user, ...rules);
  const url = `redis://${user}:secret@${address}`;
  const open = () => connectRedis({ url }, () => undefined);
  return (await registryOver(open(), open())).registry;
}

/** Everything that gateways, sidecars, operators and the controller do. Rejects at the first that fails. */
async function everything(registry: RedisRegistry, name: string): Promise<void> {
  const pool = registry.pool(name);
  const keeper = registry.keeper(name);
  const heard: unknown[] = [];
  const stops = [
    pool.onChange((change) => heard.push(change)),
    pool.onNews(() => heard.push('news')),
  ];
  await waitFor('the subscriptions', () => heard.length === 2);
  const fence = await pool.join('target', TARGET);
  const gatewayFence = await pool.join('gateway', 'gw-1');
  const holding = { [TARGET]: 1 };
  await pool.renew(renewal({ fence: gatewayFence, serial: 1, holding, news: true }));
  await pool.announce({ ...serving({ fence, serial: 1, pod: 'rt-1' }), leaseMs: -1 });
  await pool.renew(renewal({ fence: gatewayFence, serial: 2, holding }));
  expect((await pool.view()).targets.get(TARGET)?.state).toBe('gone');
  await pool.announce(serving({ fence, serial: 2, pod: 'rt-1' }));
  expect(await pool.order(TARGET, 'drain', 'operator')).toBe('ok');
  expect(await pool.order(TARGET, 'undrain', 'operator')).toBe('ok');
  expect(await keeper.drain(TARGET, 'rt-1')).toBe('ok');
  expect((await keeper.inFlight()).get(TARGET)).toBe(1);
  await pool.announce(draining({ fence, serial: 3, pod: 'rt-1' }));
  expect((await pool.progress(TARGET, 0)).gateways).toHaveLength(1);
  await pool.announce({ ...gone({ fence, serial: 4, pod: 'rt-1' }), leaseMs: -1 });
  await keeper.forget(TARGET, 'rt-1');
  expect((await registry.overview(name)).targets).toHaveLength(1);
  await registry.history(name).record(drainEntry(TARGET));
  expect(await registry.history(name).last(10)).toHaveLength(1);
  await pool.announce(serving({ id: '10.1.0.2:80', fence, pod: 'rt-2' }));
  await admin.hset(`drain:{${name}}:targets`, '10.1.0.2:80', 'garbage');
  await admin.zadd(`drain:{${name}}:leases`, 1, '10.1.0.2:80');
  await pool.renew(renewal({ fence: gatewayFence, serial: 3, left: true }));
  await waitFor('the news', () => heard.includes('news') && heard.length > 8);
  for (const stop of stops) stop();
}

test('a user limited to one pool can do everything for it', async () => {
  await everything(await registryAs(rulesFor('rt')), 'rt');
});

test('and nothing for another', async () => {
  const registry = await registryAs(rulesFor('rt'));
  const other = registry.pool('other');
  const calls = [
    () => other.join('target', TARGET),
    () => other.announce(serving({ fence: 1 })),
    () => other.renew(renewal({ fence: 1 })),
    () => other.view(),
    () => other.progress(TARGET, 0),
    () => other.order(TARGET, 'drain', 'operator'),
    () => registry.keeper('other').drain(TARGET, 'rt-1'),
    () => registry.keeper('other').forget(TARGET, 'rt-1'),
    () => registry.keeper('other').inFlight(),
    () => registry.overview('other'),
    () => registry.history('other').record(drainEntry(TARGET)),
    () => registry.history('other').last(1),
  ];
  for (const call of calls) await expect(call()).rejects.toThrow(/NOPERM|permission/i);
  let heard = 0;
  const stop = other.onChange(() => heard++);
  await registry.pool('rt').view();
  stop();
  expect(heard).toBe(0);
  expect(await admin.keys('*other*')).toEqual([]);
});

test.each(COMMANDS.filter((command) => !['info', 'unsubscribe'].includes(command)))(
  'without %s something fails',
  async (command) => {
    const rest = COMMANDS.filter((allowed) => allowed !== command);
    const registry = await registryAs(rulesFor('rt', rest));
    await expect(everything(registry, 'rt')).rejects.toThrow();
  },
);
