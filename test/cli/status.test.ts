/** What `status` says of a pool, on a real Redis and with records that members of all kinds wrote. */
import path from 'node:path';
import type { PoolStatus } from '../../cli/status/pool-status';
import { startRedis } from '../../harness/redis';
import { waitFor } from '../../harness/wait';
import { emptiedRedis } from '../registry/emptied';
import { onCleanUp, realRedis, registryOf, temporaryFolder } from '../registry/redis';
import { draining, renewal, serving } from '../registry/statements';
import { cli } from './run';

const [A, B, C] = ['10.1.0.1:8080', '10.1.0.2:8080', '10.1.0.3:8080'] as const;
const UID = '6f1c7b1e-9d54-4f5b-8a5e-0a1b2c3d4e5f';

const redis = emptiedRedis();

const status = (...args: string[]) => cli(['status', '--redis', redis.url, ...args]);
const statusOf = async (...args: string[]): Promise<PoolStatus[]> =>
  JSON.parse((await status('-o', 'json', ...args)).out) as PoolStatus[];

/** A draining target that one gateway holds with requests and another has not acked, beside one that serves. */
async function aDrainUnderWay(): Promise<number> {
  const pool = redis.registry.pool('rt');
  await pool.announce(serving({ id: A, fence: 1, pod: `rt-a.${UID}` }));
  const { epoch } = await pool.announce(draining({ id: B, fence: 1, pod: 'rt-b' }));
  await pool.renew(renewal({ id: 'gw-1', fence: 1, epoch, holding: { [B]: 3 } }));
  await pool.renew(renewal({ id: 'gw-2', fence: 1, epoch: 7, holding: {} }));
  return epoch;
}

test('a drain under way: who has acked, who holds it, and with how many requests', async () => {
  const epoch = await aDrainUnderWay();
  const [pool] = await statusOf();
  expect(pool).toMatchObject({ pool: 'rt', epoch });
  expect(pool!.targets).toMatchObject([
    { target: A, state: 'serving', pod: 'rt-a', podId: `rt-a.${UID}`, inFlight: 0, uploads: 0 },
    {
      ...{ target: B, state: 'draining', by: 'hook', pod: 'rt-b', inFlight: 3 },
      drain: {
        ...{ acked: 1, gateways: 2, clear: false, ordered: false },
        heldBy: [
          { gateway: 'gw-1', why: 'in-flight', inFlight: 3 },
          { gateway: 'gw-2', why: 'not-acked', ackedEpoch: 7 },
        ],
      },
    },
  ]);
  expect(pool!.gateways).toMatchObject([
    { gateway: 'gw-1', lease: 'live', ackedEpoch: epoch, current: true, inFlight: 3 },
    { gateway: 'gw-2', lease: 'live', ackedEpoch: 7, current: false },
  ]);
});

test('the table says the same, in words and without colour', async () => {
  await aDrainUnderWay();
  const { out, code } = await status();
  expect(code).toBe(0);
  expect(out).toMatch(
    /^Pool rt: 1 serving, 1 draining, 2 gateways; epoch \d+; young: a gateway may be missing for \d/,
  );
  expect(out).toMatch(/10\.1\.0\.1:8080 +serving +\d+ ms +0 +rt-a +-\n/);
  expect(out).toContain('draining (hook)');
  expect(out).toContain('acked 1/2, gw-1: 3 in flight; gw-2: not acked');
  expect(out).toMatch(/gw-2 +live, [\d.]+ s left +7 \(behind\) +\d+ ms ago/);
  expect(out).not.toContain('\u001b');
});

test('of what is in flight it says how much streams', async () => {
  const { epoch } = await redis.registry.pool('rt').announce(draining({ id: A, fence: 1 }));
  const streams = {
    ...{ requests: 2, youngestAgoMs: 5 },
    groups: [{ kind: 'sse', path: '/events', clients: 2, oldestAgoMs: 9 } as const],
  };
  const held = { id: 'gw-1', fence: 1, epoch, holding: { [A]: 3 } };
  await redis.registry.pool('rt').renew(renewal({ ...held, streams: { [A]: streams } }));
  expect((await status()).out).toContain('gw-1: 3 in flight, 2 of them streaming');
});

test('of what is in flight it says how many are uploads: of all gateways together, and never more than requests', async () => {
  const pool = redis.registry.pool('rt');
  await pool.announce(serving({ id: A, fence: 1, pod: 'rt-a' }));
  const { epoch } = await pool.announce(draining({ id: B, fence: 1, pod: 'rt-b' }));
  const said = (id: string, inFlight: Record<string, number>, uploads?: Record<string, number>) =>
    pool.renew(renewal({ id, fence: 1, epoch, holding: inFlight, ...(uploads && { uploads }) }));
  await said('gw-1', { [A]: 5, [B]: 2 }, { [A]: 2, [B]: 1 });
  await said('gw-2', { [A]: 4 }, { [A]: 9, [B]: 1 });
  await said('gw-older', { [A]: 3 });
  await pool.renew({
    ...renewal({ id: 'gw-lost', fence: 1, epoch, holding: { [A]: 7 }, uploads: { [A]: 7 } }),
    leaseMs: -5000,
  });
  expect((await statusOf())[0]!.targets).toMatchObject([
    { target: A, inFlight: 12, uploads: 6 },
    { target: B, inFlight: 2, uploads: 1 },
  ]);
  expect((await status('-o', 'yaml')).out).toMatch(/inFlight: 12\n +uploads: 6\n/);
  const { out } = await status();
  expect(out).toMatch(/10\.1\.0\.1:8080 +serving +\d+ ms +12, 6 uploads +rt-a/);
  expect(out).toMatch(/10\.1\.0\.2:8080 +draining \(hook\) +\d+ ms +2, 1 upload +rt-b/);
});

test('YAML says what JSON says', async () => {
  await aDrainUnderWay();
  expect((await status('-o', 'yaml')).out).toContain('why: in-flight');
});

test('targets that are gone are shown when asked for', async () => {
  const pool = redis.registry.pool('rt');
  await pool.announce(serving({ id: C, fence: 1 }));
  const { fence, serial } = { fence: 1, serial: 2 };
  await pool.announce({ ...serving({ id: C, fence, serial }), state: 'gone', why: 'released' });
  expect((await statusOf())[0]!.targets).toEqual([]);
  expect((await statusOf('--all'))[0]!.targets).toMatchObject([{ target: C, state: 'gone' }]);
});

test('a lease that ended with no gateway there to notice, and a pool without one', async () => {
  await redis.registry.pool('rt').announce({ ...serving({ id: A, fence: 1 }), leaseMs: -1 });
  const { out } = await status();
  expect(out).toContain('no gateway serves it');
  expect(out).toMatch(/10\.1\.0\.1:8080 +expired/);
});

test('a lost gateway, and one with unassigned requests', async () => {
  const pool = redis.registry.pool('rt');
  await pool.renew({ ...renewal({ id: 'gw-1', fence: 1 }), leaseMs: -5000 });
  const said = renewal({ id: 'gw-2', fence: 1 });
  await pool.renew({ ...said, report: { ...said.report, unassigned: 4 } });
  expect((await statusOf())[0]!.gateways).toMatchObject([
    { gateway: 'gw-1', lease: 'lost', unassigned: 0 },
    { gateway: 'gw-2', lease: 'live', unassigned: 4 },
  ]);
});

test('the time to a drain’s deadline, what Kong’s own routing placed, and who has left', async () => {
  const pool = redis.registry.pool('rt');
  const said = draining({ id: A, fence: 1, pod: 'rt-a' });
  await pool.announce({ ...said, state: 'draining', by: 'hook', leftMs: 90_000 });
  const one = renewal({ id: 'gw-1', fence: 1 });
  await pool.renew({ ...one, report: { ...one.report, unassigned: 4 } });
  await pool.renew(renewal({ id: 'gw-2', fence: 1, left: true }));
  const { out } = await status();
  expect(out).toMatch(/acked 0\/1, 1m[23]\ds left, gw-1: not acked\n/);
  expect(out).toMatch(/gw-1 .* 4 +10\.2\.0\.1\n/);
  const left = { gateway: 'gw-2', lease: 'left' };
  expect((await statusOf())[0]!.gateways).toMatchObject([{ gateway: 'gw-1', lease: 'live' }]);
  expect((await statusOf('--all'))[0]!.gateways).toMatchObject([{ gateway: 'gw-1' }, left]);
  expect((await status('--all')).out).toMatch(/gw-2 +left /);
});

test('an order for a pod that is not there is told', async () => {
  await redis.registry.pool('rt').announce(serving({ id: A, fence: 1, pod: 'rt-a' }));
  await redis.admin.hset('drain:{rt}:orders', 'rt-z', '{"by":"operator","run":"x","sinceMs":1}');
  expect((await status()).out).toContain('Ordered to drain, without a target: pod rt-z');
});

test('all pools, or those that are named; a sidecar’s environment is enough', async () => {
  await redis.registry.pool('rt').announce(serving({ id: A, fence: 1 }));
  await redis.registry.pool('shop').announce(serving({ id: B, fence: 1 }));
  const names = (pools: PoolStatus[]) => pools.map(({ pool }) => pool);
  expect(names(await statusOf())).toEqual(['rt', 'shop']);
  expect(names(await statusOf('--pool', 'shop'))).toEqual(['shop']);
  const env = {
    DRAIN_REDIS_URL: redis.url,
    DRAIN_POOL: 'rt',
    DRAIN_TARGET: A,
    DRAIN_LISTEN: ':8081',
  };
  const inSidecar = await cli(['status', '-o', 'json'], { env });
  expect(names(JSON.parse(inSidecar.out) as PoolStatus[])).toEqual(['rt']);
  const overridden = await cli(['status', '-o', 'json', '-p', 'shop'], { env });
  expect(names(JSON.parse(overridden.out) as PoolStatus[])).toEqual(['shop']);
});

test('watched and piped, each frame is one line of JSON, and a change comes at once', async () => {
  const pool = redis.registry.pool('rt');
  await pool.announce(serving({ id: A, fence: 1, pod: 'rt-a' }));
  const interrupt = new AbortController();
  const watched = cli(
    ['status', '--redis', redis.url, '-o', 'json', '--watch', '--interval', '1h'],
    {
      signal: interrupt.signal,
      onOut: (text: string) => {
        const [seen] = JSON.parse(text) as PoolStatus[];
        if (seen?.targets[0]?.state === 'draining') interrupt.abort();
        else void pool.announce(draining({ id: A, fence: 1, serial: 2, pod: 'rt-a' }));
      },
    },
  );
  const { out, code } = await watched;
  expect(code).toBe(0);
  const frames = out.trim().split('\n');
  expect(frames.length).toBeGreaterThanOrEqual(2);
  for (const frame of frames) expect(() => JSON.parse(frame) as unknown).not.toThrow();
});

test('watched, it says that Redis is away, and goes on when it is back', async () => {
  const own = await realRedis();
  const announce = async (url: string) =>
    (await registryOf(url)).registry.pool('rt').announce(serving({ id: A, fence: 1 }));
  await announce(own.url);
  const interrupt = new AbortController();
  let frames = 0;
  let away = '';
  const watched = cli(['status', '--redis', own.url, '-o', 'json', '--watch'], {
    signal: interrupt.signal,
    onOut: () => (frames += 1),
    onErr: (text) => (away += text),
  });
  await waitFor('a frame', () => frames > 0);
  await own.stop({ signal: 'SIGKILL' });
  await waitFor('word of it', () => /^error: /m.test(away));
  const back = await startRedis({ dir: path.join(temporaryFolder(), 'back'), port: own.port });
  onCleanUp(() => back.stop({ signal: 'SIGKILL' }));
  await announce(back.url);
  const before = frames;
  await waitFor('a frame again', () => frames > before);
  interrupt.abort();
  expect(await watched).toMatchObject({ code: 0 });
}, 30_000);

test('no Redis, no pools, no right to list them: what to do, and exit code 3', async () => {
  const away = await cli(['status', '--redis', 'redis://user:secret@127.0.0.1:1']);
  expect(away).toMatchObject({ code: 3, out: '' });
  expect(away.err).toContain('Redis at redis://…@127.0.0.1:1 could not be reached');
  expect(away.err).toContain('ECONNREFUSED');
  expect(away.err).not.toContain('secret');

  const empty = await status();
  expect(empty).toMatchObject({ code: 3 });
  expect(empty.err).toContain('holds no pool');

  await redis.admin.call(
    'ACL',
    'SETUSER',
    'one',
    'on',
    '>secret',
    '~drain:{rt}*',
    '+@all',
    '-scan',
  );
  const limited = redis.url.replace('//', '//one:secret@');
  expect((await cli(['status', '--redis', limited])).err).toContain('name the pool with --pool');
}, 20_000);

test('wrong options are told together, with exit code 2', async () => {
  expect(await status('--interval', 'soon')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--interval: must be a time such as 90s') as unknown,
  });
  expect(await status('-o', 'xml')).toMatchObject({ code: 2 });
});
