/** The registry in a Redis Cluster of three masters: each pool lives in one of them, whole. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Cluster, type Redis } from 'ioredis';
import type { DrainError } from '../../core/errors';
import { connectRedis } from '../../registry/connect';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { HarnessRedis } from '../../harness/redis';
import { waitFor } from '../../harness/wait';
import { cleanUp, clientOf, realRedis, registryOver } from './redis';
import { drainEntry, draining, gone, renewal, serving, TARGET } from './statements';

const PASSWORD = 'a:b@c';
const run = promisify(execFile);

jest.setTimeout(30_000);

let nodes: HarnessRedis[];
let clients: Redis[];
let registry: RedisRegistry;

beforeAll(async () => {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
  const login = ['--requirepass', PASSWORD, '--masterauth', PASSWORD];
  nodes = await Promise.all([1, 2, 3].map(() => realRedis({ args: [...args, ...login] })));
  const addresses = nodes.map(({ host, port }) => `${host}:${port}`);
  await run('redis-cli', ['-a', PASSWORD, '--cluster', 'create', ...addresses, '--cluster-yes']);
  const secret = encodeURIComponent(PASSWORD);
  clients = await Promise.all(
    nodes.map(({ host, port }) => clientOf(`redis://:${secret}@${host}:${port}`)),
  );
  await waitFor('the cluster', async () => {
    const infos = await Promise.all(clients.map((client) => client.call('CLUSTER', 'INFO')));
    return infos.every((info) => String(info).includes('cluster_state:ok'));
  });
  const url = `redis+cluster://:${secret}@${addresses.join(',')}`;
  const open = () => connectRedis({ url }, () => undefined);
  const client = open();
  expect(client).toBeInstanceOf(Cluster);
  ({ registry } = await registryOver(client, open()));
});
afterAll(cleanUp);

// One in each third of the slots: found by CLUSTER KEYSLOT below.
const pools = Array.from({ length: 12 }, (_, i) => `pool-${i}`);

const ownerOf = async (pool: string): Promise<number> => {
  const slot = Number(await (clients[0] as Redis).call('CLUSTER', 'KEYSLOT', `drain:{${pool}}`));
  return Math.min(2, Math.floor(slot / (16_384 / 3)));
};

test('the pools are spread over all masters', async () => {
  expect(new Set(await Promise.all(pools.map(ownerOf)))).toEqual(new Set([0, 1, 2]));
});

test.each(pools)('%s: every call and message', async (name) => {
  const pool = registry.pool(name);
  const heard: (number | null)[] = [];
  let news = 0;
  const stops = [
    pool.onChange((change) => heard.push(change?.epoch ?? null)),
    pool.onNews(() => news++),
  ];
  await waitFor('the subscriptions', () => heard.length === 1 && news === 1);
  const fence = await pool.join('target', TARGET);
  const { epoch } = await pool.announce(serving({ fence, pod: 'rt-1' }));
  await pool.renew(renewal({ fence: await pool.join('gateway', 'gw-1'), epoch, news: true }));
  expect((await pool.view()).targets.get(TARGET)?.state).toBe('serving');
  expect(await pool.order(TARGET, 'drain', 'operator')).toBe('ok');
  const drained = await pool.announce(draining({ fence, serial: 2, pod: 'rt-1' }));
  expect((await pool.progress(TARGET, 0)).gateways).toMatchObject([{ id: 'gw-1', epoch }]);
  const end = await pool.announce(gone({ fence, serial: 3, pod: 'rt-1' }));
  await registry.history(name).record(drainEntry(TARGET));
  expect(await registry.history(name).last(1)).toMatchObject([{ target: TARGET }]);
  expect(await registry.overview(name)).toMatchObject({ name, gateways: [{ id: 'gw-1' }] });
  await waitFor('the messages', () => heard.includes(end.epoch) && news === 2);
  expect(heard).toEqual(expect.arrayContaining([epoch, drained.epoch, end.epoch]));
  for (const stop of stops) stop();
});

test('the pools of all masters are listed', async () => {
  expect(await registry.poolNames()).toEqual([...pools].sort());
});

test('when a master dies, its pools fail in time with one code, the others work, and those who ask are told', async () => {
  const connects: boolean[] = [];
  registry.onConnect((again) => connects.push(again));
  const owners = await Promise.all(pools.map(ownerOf));
  const [lost, kept] = [pools[owners.indexOf(2)] as string, pools[owners.indexOf(1)] as string];
  (nodes[2] as HarnessRedis).signal('SIGKILL');
  await waitFor('a failure', async () => {
    const startMs = performance.now();
    const failure = await registry
      .pool(lost)
      .view()
      .then(
        () => undefined,
        (error: unknown) => (error as DrainError).code,
      );
    expect(performance.now() - startMs).toBeLessThan(5000);
    if (failure !== undefined) expect(failure).toBe('REGISTRY_UNREACHABLE');
    return failure;
  });
  // Without all of its slots a cluster serves none, by default.
  for (const client of clients.slice(0, 2)) {
    await client.config('SET', 'cluster-require-full-coverage', 'no');
  }

  await waitFor('the other pools', async () => (await registry.pool(kept).view()).run !== '');
  expect(connects).toContain(true);
});
