/** What the console tells its pages, on a real Redis: what `status` and `history` say, as it changes. */
import { withOlder } from '../../../cli/console/page/model';
import type { Past, WireTarget } from '../../../cli/console/page/wire';
import type { PoolStatus } from '../../../cli/status/pool-status';
import { waitFor } from '../../../harness/wait';
import { poolKeys } from '../../../registry/keys';
import { emptiedRedis } from '../../registry/emptied';
import { drainEntry, draining, gone, renewal, serving } from '../../registry/statements';
import { cli } from '../run';
import { Page, startConsole } from './console';

const [A, B, C] = ['10.1.0.1:8080', '10.1.0.2:8080', '10.1.0.3:8080'] as const;

const redis = emptiedRedis();

const started = (...args: string[]) => startConsole('--redis', redis.url, ...args);
const long = { leaseMs: 600_000 };

async function status(): Promise<PoolStatus[]> {
  const { out } = await cli(['status', '--redis', redis.url, '--all', '-o', 'json']);
  return JSON.parse(out) as PoolStatus[];
}

/** Both, without what goes on by time alone. */
function asStatus(page: Page): object[] {
  return [...page.pools.values()].map(({ head, targets, gateways }) => ({
    pool: head.pool,
    epoch: head.epoch,
    orderedPods: head.orderedPods,
    targets: [...targets.values()].map(({ sinceMs: _, drain, ...rest }) => {
      const { untilMs: __, ...told } = drain ?? {};
      return { ...rest, ...(drain ? { drain: told } : {}) };
    }),
    gateways: [...gateways.values()].map(({ leaseUntilMs: _, syncMs: __, ...rest }) => rest),
  }));
}

function timeless(pools: readonly PoolStatus[]): object[] {
  return pools.map(({ pool, epoch, orderedPods, targets, gateways }) => ({
    ...{ pool, epoch, orderedPods },
    targets: targets.map(({ ageMs: _, drain, ...rest }) => {
      const { leftMs: __, ...told } = drain ?? {};
      return { ...rest, ...(drain ? { drain: told } : {}) };
    }),
    gateways: gateways.map(({ leaseLeftMs: _, lastSyncMs: __, ...rest }) => rest),
  }));
}

async function expectSame(page: Page): Promise<void> {
  await waitFor('the page to know what status says', async () => {
    const wanted = timeless(await status());
    expect(asStatus(page)).toEqual(wanted);
    return true;
  });
}

test('a page knows what status says, at once and after every change', async () => {
  const pool = redis.registry.pool('rt');
  await pool.announce({ ...serving({ id: A, fence: 1, pod: 'rt-a' }), ...long });
  await pool.announce({ ...serving({ id: B, fence: 1, pod: 'rt-b' }), ...long });
  const uploads = { [A]: 1 };
  await pool.renew({ ...renewal({ fence: 1, holding: { [A]: 2 }, uploads }), ...long });
  const { url: at } = await started();
  const page = new Page(at);
  await expectSame(page);
  expect(page.pools.get('rt')!.targets.get(A)).toMatchObject({ inFlight: 2, uploads: 1 });
  const wholes = page.heard.filter((name) => name === 'whole').length;

  await pool.announce({ ...draining({ id: A, fence: 1, serial: 2, pod: 'rt-a' }), ...long });
  await expectSame(page);
  const { epoch } = (await redis.registry.overview('rt')).targets.find(({ id }) => id === A)!;
  const report = { fence: 1, epoch, news: true };
  await pool.renew({ ...renewal({ ...report, serial: 2, holding: { [A]: 1 }, uploads }), ...long });
  await expectSame(page);
  await pool.renew({ ...renewal({ ...report, serial: 3 }), ...long });
  await pool.announce(gone({ id: A, fence: 1, serial: 3, pod: 'rt-a' }));
  await pool.announce({ ...serving({ id: C, fence: 1, pod: 'rt-c' }), ...long });
  await redis.registry.pool('shop').announce({ ...serving({ id: C, fence: 1 }), ...long });
  await expectSame(page);
  expect(page.courses.get(A)).toEqual(['serving', 'draining', 'gone']);
  expect(page.heard.filter((name) => name === 'whole')).toHaveLength(wholes);
  // One that comes later knows it too.
  await expectSame(new Page(at));
});

test('a drain’s clock runs to the deadline that the sidecar told', async () => {
  const leftMs = 25_000;
  const said = draining({ id: A, fence: 1, pod: 'rt-a' });
  await redis.registry
    .pool('rt')
    .announce({ ...said, ...long, state: 'draining', by: 'hook', leftMs });
  const page = new Page((await started()).url);
  const target = await waitFor<WireTarget>('the target', () =>
    page.pools.get('rt')?.targets.get(A),
  );
  expect(target.drain!.untilMs! - target.sinceMs).toBe(leftMs);
});

test('drains that end come with what they cut; their timelines are asked for', async () => {
  await redis.registry.pool('rt').announce({ ...serving({ id: A, fence: 1 }), ...long });
  await redis.registry.history('rt').record({ ...drainEntry(A), pod: 'rt-a' });
  const { url: at } = await started();
  const page = new Page(at);
  await waitFor('the first drain', () => page.drains.length === 1);
  const cut = [{ gateway: 'gw-1', why: 'in-flight', inFlight: 3 }];
  const closed = [{ kind: 'sse', path: '/events', clients: 2, ageMs: 60_000 }];
  const entry = { ...drainEntry(B), outcome: 'cut' as const, cutRequests: cut, closed };
  await redis.registry.history('rt').record(entry);
  await waitFor('the second', () => page.drains.length === 2);
  expect(page.drains).toMatchObject([
    { pool: 'rt', target: A, pod: 'rt-a', outcome: 'released' },
    { target: B, outcome: 'cut', cutRequests: cut, closed },
  ]);
  expect(page.drains[0]).not.toHaveProperty('timeline');
  const timeline = await fetch(`${at}/api/drains/rt/${page.drains[0]!.number}`);
  expect(await timeline.json()).toEqual(drainEntry(A).timeline);
  expect((await fetch(`${at}/api/drains/rt/99`)).status).toBe(404);
  const before = await fetch(`${at}/api/drains?before=${page.drains[1]!.endedMs}`);
  expect(await before.json()).toMatchObject({
    drains: page.drains[0]!.endedMs < page.drains[1]!.endedMs ? [{ target: A }] : [],
    older: false,
  });
});

test('the last drains come with the page, those before when they are asked for, all in order', async () => {
  const drains = 150;
  const upTo = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const numbers = (past: Past) => past.drains.map(({ number }) => number);
  await redis.registry.pool('rt').announce({ ...serving({ id: A, fence: 1 }), ...long });
  const history = redis.registry.history('rt');
  for (let number = 1; number <= drains; number++) await history.record(drainEntry(A));
  const { url: at } = await started();
  const page = new Page(at);
  await waitFor('the last', () => page.drains.length > 0);
  expect([numbers(page.past), page.past.older]).toEqual([upTo(111, drains), true]);

  let known = page.past;
  for (let asked = 0; known.older; asked++) {
    expect(asked).toBeLessThan(5);
    // As the page asks: with those that ended in the same millisecond.
    const older = await fetch(`${at}/api/drains?before=${known.drains[0]!.endedMs + 1}`);
    const told = (await older.json()) as Past;
    expect(numbers(told)).toEqual(upTo(numbers(told)[0]!, numbers(told).at(-1)!));
    known = withOlder(known, told);
  }
  expect(numbers(known)).toEqual(upTo(1, drains));
});

test('what the registry forgets goes from the page, a pool too', async () => {
  const { targets, gateways } = poolKeys('rt');
  for (const [name, id] of [
    ['rt', A],
    ['rt', B],
    ['shop', C],
  ] as const) {
    await redis.registry.pool(name).announce({ ...serving({ id, fence: 1 }), ...long });
  }
  for (const id of ['gw-1', 'gw-2']) {
    await redis.registry.pool('rt').renew({ ...renewal({ id, fence: 1 }), ...long });
  }
  const page = new Page((await started()).url);
  const names = (kind: 'targets' | 'gateways') => [...(page.pools.get('rt')?.[kind].keys() ?? [])];
  await waitFor('all', () => page.pools.size === 2 && names('gateways').length === 2);
  await redis.admin.hdel(targets, B);
  await redis.admin.hdel(gateways, 'gw-2');
  await waitFor(
    'the others',
    () => names('targets').length === 1 && names('gateways').length === 1,
  );
  expect([...names('targets'), ...names('gateways')]).toEqual([A, 'gw-1']);
  await redis.admin.del(await redis.admin.keys('drain:{shop}*'));
  await waitFor('the pool to go', () => page.pools.size === 1);
});

test('the pools that are named, and no others; no pool at all is no error', async () => {
  const { url: empty } = await started();
  const waiting = new Page(empty);
  await waitFor('the registry', () => waiting.registry.reachable && waiting.heard.length > 0);
  expect(waiting.pools.size).toBe(0);
  for (const name of ['rt', 'shop']) {
    await redis.registry.pool(name).announce({ ...serving({ id: A, fence: 1 }), ...long });
  }
  await waitFor('both', () => waiting.pools.size === 2);
  const { url: one } = await started('--pool', 'shop');
  const page = new Page(one);
  await waitFor('a pool', () => page.pools.size > 0);
  expect([...page.pools.keys()]).toEqual(['shop']);
});

test('a flushed registry is told as a whole, and that it is young', async () => {
  await redis.registry.pool('rt').announce({ ...serving({ id: A, fence: 1 }), ...long });
  await redis.registry.history('rt').record(drainEntry(A));
  const page = new Page((await started()).url);
  await waitFor('the pool', () => page.pools.size === 1 && page.drains.length === 1);
  const { run } = page.pools.get('rt')!.head;
  await redis.admin.flushall();
  await redis.registry.pool('rt').announce({ ...serving({ id: B, fence: 2 }), ...long });
  const { head, targets } = await waitFor('the new run', () => {
    const pool = page.pools.get('rt');
    return pool && pool.head.run !== run && pool;
  });
  expect([...targets.keys()]).toEqual([B]);
  await waitFor('its drains, of which there are none', () => page.drains.length === 0);
  expect(head.wholeAtMs - head.bornMs).toBe(3000);
});
