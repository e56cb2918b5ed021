/** Which of the past drains `history` shows, in what order, and what it says of each; on a real Redis. */
import type { PoolDrain } from '../../cli/history/run';
import type { DrainEntry } from '../../core/drain-entry';
import { emptiedRedis } from '../registry/emptied';
import { drainEntry, TARGET } from '../registry/statements';
import { cli } from './run';

const OTHER = '10.1.0.2:8080';
const UID = '6f1c7b1e-9d54-4f5b-8a5e-0a1b2c3d4e5f';

const redis = emptiedRedis();

const history = async (...args: string[]) =>
  (await cli(['history', '--redis', redis.url, ...args])).out;
const read = async (...args: string[]) =>
  JSON.parse(await history('-o', 'json', ...args)) as PoolDrain[];
const record = (more: Partial<DrainEntry>, pool = 'rt') =>
  redis.registry.history(pool).record({ ...drainEntry(TARGET), ...more });

test('what was closed is counted in the table, named with the timeline, and is not cut', async () => {
  await record({});
  expect(await history()).toContain('released, 3 closed');
  expect(await history('--timeline')).toContain(
    'closed knowingly: websocket /ws, 3 clients, the oldest 1m10s',
  );
  expect(await read('--cut')).toEqual([]);
  const [drain] = await read();
  expect(drain!.closed).toEqual([{ kind: 'websocket', path: '/ws', clients: 3, ageMs: 70_000 }]);
});

test('the table: whose drain, by whom, what came of it, and when it was acked', async () => {
  await record({ pod: `rt-a.${UID}`, totalMs: 5000, ackMs: 70, afterLastByteMs: 4 });
  await record({ by: 'signal', outcome: 'cut', blind: true, ackMs: null, closed: [] });
  const [, acked, blind] = (await history()).trim().split('\n');
  expect(acked).toMatch(/rt +10\.1\.0\.1:8080 +rt-a +hook +released.* +5\.0 s +70 ms +4 ms$/);
  expect(blind).toMatch(/ - +signal +cut \(without Redis\) +12 ms +- +4 ms$/);
});

describe('of several', () => {
  beforeEach(async () => {
    // By turns, so that neither pool's own order is that of all.
    await record({ pod: 'rt-1', node: 'n1' });
    await pause();
    await record({ pod: 'shop-1', node: 'n2', target: OTHER }, 'shop');
    await pause();
    await record({ pod: `rt-2.${UID}`, node: 'n2', outcome: 'cut' });
  });
  /** Past the millisecond in which a drain is recorded: by Redis' clock they are told apart. */
  const pause = async () => {
    const millisecond = async () => {
      const [seconds, micros] = await redis.admin.time();
      return Math.floor(Number(seconds) * 1000 + Number(micros) / 1000);
    };
    const begun = await millisecond();
    while ((await millisecond()) === begun);
  };
  const pods = async (...args: string[]) => (await read(...args)).map(({ pod }) => pod);
  const [FIRST, SHOP, LAST] = ['rt-1', 'shop-1', `rt-2.${UID}`];

  test('the newest is last, over all pools', async () => {
    expect(await pods()).toEqual([FIRST, SHOP, LAST]);
    expect((await read()).map(({ pool }) => pool)).toEqual(['rt', 'shop', 'rt']);
  });

  test('a limit leaves the last', async () => {
    expect(await pods('--limit', '2')).toEqual([SHOP, LAST]);
  });

  test.each([
    [['--pool', 'shop'], [SHOP]],
    [['--target', OTHER], [SHOP]],
    [['--pod', 'rt-2'], [LAST]],
    [['--pod', `rt-2.${UID}`], [LAST]],
    [['--pod', 'rt'], []],
    [
      ['--node', 'n2'],
      [SHOP, LAST],
    ],
    [['--cut'], [LAST]],
    [
      ['--since', '1h'],
      [FIRST, SHOP, LAST],
    ],
    [['--since', '0'], []],
  ])('%j: those and no others', async (args, wanted) => {
    expect(await pods(...args)).toEqual(wanted);
  });
});
