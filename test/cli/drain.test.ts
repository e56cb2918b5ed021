/** Which targets `drain` and `undrain` mean, what they order, and what they refuse; on a real Redis. */
import { waitFor } from '../../harness/wait';
import { emptiedRedis } from '../registry/emptied';
import { draining, renewal, serving } from '../registry/statements';
import { cli } from './run';

const [A, B, C] = ['10.1.0.1:8080', '10.1.0.2:8080', '10.1.0.3:8080'] as const;
const UID = '6f1c7b1e-9d54-4f5b-8a5e-0a1b2c3d4e5f';

const redis = emptiedRedis();
beforeEach(async () => {
  const pool = redis.registry.pool('rt');
  await pool.announce({ ...serving({ id: A, fence: 1, pod: `rt-a.${UID}` }), node: 'n1' });
  await pool.announce({ ...serving({ id: B, fence: 1, pod: 'rt-b' }), node: 'n1' });
  await pool.announce({ ...serving({ id: C, fence: 1, pod: 'rt-c' }), node: 'n2' });
});

const run = (...args: string[]) => cli([...args, '--redis', redis.url]);
const states = async (pool = 'rt') => {
  const { targets } = await redis.registry.pool(pool).view();
  return Object.fromEntries([...targets].map(([id, { state }]) => [id, state]));
};

test('by address, by pod (with or without its UID), by node; and back', async () => {
  expect(await run('drain', C)).toMatchObject({ code: 0 });
  expect(await states()).toMatchObject({ [A]: 'serving', [C]: 'draining' });
  expect(await run('undrain', C)).toMatchObject({ code: 0 });
  expect(await states()).toMatchObject({ [C]: 'serving' });

  expect((await run('drain', '--pod', 'rt-a')).out).toMatch(/10\.1\.0\.1:8080 +rt-a +n1 +ordered/);
  expect(await states()).toMatchObject({ [A]: 'draining', [B]: 'serving' });
  await run('undrain', '--pod', `rt-a.${UID}`);

  const { out } = await run('drain', '--node', 'n1', '-o', 'json');
  expect(JSON.parse(out)).toMatchObject([
    { pool: 'rt', target: A, pod: 'rt-a', node: 'n1', result: 'ordered' },
    { target: B, result: 'ordered' },
  ]);
  expect(await states()).toEqual({ [A]: 'draining', [B]: 'draining', [C]: 'serving' });
  await run('undrain', '--node', 'n1');
  expect(await states()).toEqual({ [A]: 'serving', [B]: 'serving', [C]: 'serving' });
});

test('--dry-run orders nothing', async () => {
  expect((await run('drain', '--node', 'n1', '--dry-run')).out).toContain('would order');
  expect(Object.values(await states())).toEqual(['serving', 'serving', 'serving']);
});

test('the last serving targets of a pool are drained only by --force', async () => {
  await run('drain', '--node', 'n1');
  const refused = await run('drain', C);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toContain('pool rt would be left without a serving target');
  expect(await states()).toMatchObject({ [C]: 'serving' });
  expect(await run('drain', C, '--force')).toMatchObject({ code: 0 });
  expect(await states()).toMatchObject({ [C]: 'draining' });
});

test('a target that is not there: exit code 2, and which there are', async () => {
  const { code, err } = await run('drain', '10.9.9.9:1');
  expect(code).toBe(2);
  expect(err).toContain('target 10.9.9.9:1 is not in pool rt. There are: 10.1.0.1:8080 (rt-a)');
  expect(await run('drain', '--pod', 'rt')).toMatchObject({ code: 2 });
});

test.each([[[]], [[A, '--pod', 'rt-a']], [['not-a-target']]])(
  'arguments that name nothing or two things: %j',
  async (args) => expect(await run('drain', ...args)).toMatchObject({ code: 2, out: '' }),
);

test('an address in two pools is drained in both, or in the one that is named', async () => {
  const other = redis.registry.pool('shop');
  for (const id of [A, B]) await other.announce(serving({ id, fence: 1, pod: 'rt-a' }));
  await run('drain', A, '--pool', 'shop');
  expect(await states()).toMatchObject({ [A]: 'serving' });
  expect(await states('shop')).toMatchObject({ [A]: 'draining' });
  await run('drain', A);
  expect(await states()).toMatchObject({ [A]: 'draining' });
});

test('a target without a pod’s name takes no order, and is told why', async () => {
  await redis.registry.pool('rt').announce(serving({ id: '10.1.0.4:80', fence: 1 }));
  const { code, out, err } = await run('drain', '10.1.0.4:80');
  expect(code).toBe(1);
  expect(out).toContain('without a name');
  expect(err).toContain('POD_NAME');
});

test('what a hook began is not taken back', async () => {
  await redis.registry.pool('rt').announce(draining({ id: B, fence: 1, serial: 2, pod: 'rt-b' }));
  const { code, out } = await run('undrain', B);
  expect(code).toBe(1);
  expect(out).toContain('drains by its hook');
  expect(await states()).toMatchObject({ [B]: 'draining' });
});

describe('--wait', () => {
  /** The registry trusts itself once it is older than a lease. */
  const grownUp = () => redis.admin.hset('drain:{rt}', 'born', '1');

  test('ends when every gateway has acked and has nothing in flight', async () => {
    await grownUp();
    const pool = redis.registry.pool('rt');
    // Neither the target nor the gateway goes by its lease's end.
    const lasting = { leaseMs: 600_000 };
    await pool.announce({ ...serving({ id: C, fence: 1, serial: 2, pod: 'rt-c' }), ...lasting });
    await pool.renew({ ...renewal({ id: 'gw-1', fence: 1, epoch: 1 }), ...lasting });
    const waiting = run('drain', C, '--wait');
    const draining = await waitFor('the order', async () => {
      const record = (await pool.view()).targets.get(C);
      return record?.state === 'draining' && record;
    });
    const { epoch } = draining;
    const report = { id: 'gw-1', fence: 1, epoch, news: true };
    await pool.renew({ ...renewal({ ...report, serial: 2, holding: { [C]: 2 } }), ...lasting });
    await pool.renew({ ...renewal({ ...report, serial: 3, holding: {} }), ...lasting });
    const { code, out, err } = await waiting;
    expect(code).toBe(0);
    expect(out).toContain('drained');
    expect(err).toContain('0 of 1 drained; held: rt-c: gw-1: not acked');
    expect(err.trim().split('\n').at(-1)).toBe('1 of 1 drained');
  });

  test('gives up at its timeout with exit code 1; the order stays', async () => {
    await grownUp();
    await redis.registry
      .pool('rt')
      .renew({ ...renewal({ id: 'gw-1', fence: 1 }), leaseMs: 60_000 });
    const { code, out } = await run('drain', C, '--wait', '--timeout', '300ms');
    expect(code).toBe(1);
    expect(out).toContain('still held');
    expect(await states()).toMatchObject({ [C]: 'draining' });
  });
});
