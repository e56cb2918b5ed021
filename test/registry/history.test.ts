/** The last drains of a pool: in order, bounded by number, age and size, and harmless. */
import { boundedEntry } from '../../core/drain-entry';
import { cleanUp, clientOf, realRedis, registryOf, registryWithClock } from './redis';
import { drainEntry, draining, TARGET } from './statements';

let url: string;
let admin: Awaited<ReturnType<typeof clientOf>>;

beforeAll(async () => {
  ({ url } = await realRedis());
  admin = await clientOf(url);
});
beforeEach(() => admin.flushall());
afterAll(cleanUp);

const KEY = 'drain:{rt}:history';
const target = (i: number): string => `10.1.${i >> 8}.${i & 255}:8080`;

test('the last drains are read, oldest first, and then only later ones', async () => {
  const { registry, set } = await registryWithClock(url);
  const history = registry.history('rt');
  expect(await history.last(5)).toEqual([]);
  for (const i of [1, 2, 3]) {
    await set(1_700_000_000_000 + i * 1000);
    await history.record(drainEntry(target(i)));
  }
  const last = await history.last(2);
  expect(last).toMatchObject([
    { target: target(2), number: 2, endedMs: 1_700_000_002_000, outcome: 'released' },
    { target: target(3), number: 3, endedMs: 1_700_000_003_000 },
  ]);
  await history.record(drainEntry(target(4)));
  expect(await history.last(10, last[1]!.number)).toMatchObject([{ target: target(4) }]);
});

test('two hundred are kept, none for more than a week', async () => {
  const { registry, set } = await registryWithClock(url);
  const history = registry.history('rt');
  for (let i = 1; i <= 230; i++) await history.record(drainEntry(target(i)));
  expect(await admin.zcard(KEY)).toBe(200);
  expect((await history.last(1000))[0]).toMatchObject({ number: 31 });
  await set(1_700_000_000_000 + 8 * 24 * 3600 * 1000);
  for (let i = 1; i <= 25; i++) await history.record(drainEntry(target(i)));
  expect(await admin.zcard(KEY)).toBe(25);
});

test('a timeline of hundreds of events, and long lists, are shortened in the middle', async () => {
  const { registry } = await registryOf(url);
  const long = {
    ...drainEntry(TARGET),
    timeline: Array.from({ length: 500 }, (_, i) => ({ atMs: i, event: 'in flight' })),
    cutConnections: Array.from({ length: 5000 }, () => ({ peer: '10.9.9.9' })),
  };
  await registry.history('rt').record(long);
  const [kept] = await registry.history('rt').last(1);
  expect(kept!.timeline).toHaveLength(101);
  expect(kept!.timeline[50]).toMatchObject({ event: 'left out', events: 400 });
  expect(kept!.timeline.at(-1)).toMatchObject({ atMs: 499 });
  expect(kept!.cutConnections).toHaveLength(20);
  expect(JSON.stringify(boundedEntry(long)).length).toBeLessThan(10_000);
});

test('what another hand wrote there is left out', async () => {
  const { registry } = await registryOf(url);
  await registry.history('rt').record(drainEntry(TARGET));
  await admin.zadd(KEY, 1, 'garbage', 1, '1 2 {"target":3}');
  expect(await registry.history('rt').last(10)).toHaveLength(1);
});

test('a pool that has a history only has no run, and begins one as any other', async () => {
  const { registry } = await registryOf(url);
  await registry.history('rt').record(drainEntry(TARGET));
  expect(await registry.pool('rt').view()).toMatchObject({ run: '', epoch: 0 });
  const { run } = await registry.pool('rt').announce(draining({ fence: 1 }));
  expect(run).not.toBe('');
});
