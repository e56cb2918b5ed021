/** Messages: each change with the epoch that it follows, and `null` wherever some may have been missed. */
import type { Change, PoolRegistry } from '../../registry/registry';
import { waitFor } from '../../harness/wait';
import { cleanUp, clientOf, realRedis, registryOf } from './redis';
import { draining, gone, renewal, serving, TARGET } from './statements';

let pool: PoolRegistry;
let admin: Awaited<ReturnType<typeof clientOf>>;
let heard: (Change | null)[] = [];
let stop: () => void;

beforeAll(async () => {
  const { url } = await realRedis();
  admin = await clientOf(url);
  pool = (await registryOf(url)).registry.pool('rt');
});
beforeEach(async () => {
  await admin.flushall();
  heard = [];
  stop = pool.onChange((change) => heard.push(change));
  await waitFor('the subscription', () => heard.length === 1);
});
afterEach(() => stop());
afterAll(cleanUp);

const changes = () => heard.filter((change) => change !== null);

test('a subscription begins with a null: what was before is not known', () => {
  expect(heard).toEqual([null]);
});

test('each change names the epoch it follows, so that a gap shows', async () => {
  const first = await pool.announce(serving({ fence: 7, serial: 1 }));
  await pool.announce(serving({ fence: 7, serial: 2 }));
  const second = await pool.announce(draining({ fence: 7, serial: 3 }));
  const third = await pool.announce(gone({ fence: 7, serial: 4 }));
  await waitFor('three changes', () => changes().length === 3);
  expect(
    changes()
      .map(({ prev }) => prev)
      .slice(1),
  ).toEqual([first.epoch, second.epoch]);
  expect(changes().map(({ epoch }) => epoch)).toEqual([first, second, third].map((r) => r.epoch));
  expect(changes().map(({ run }) => run)).toEqual(Array(3).fill(first.run));
  expect(changes()[1]?.changes).toEqual([[TARGET, second.record]]);
});

test("an order's change is published like a sidecar's", async () => {
  const { epoch } = await pool.announce(serving({ fence: 7, pod: 'rt-1' }));
  await pool.order(TARGET, 'drain', 'operator');
  await waitFor('two changes', () => changes().length === 2);
  expect(changes()[1]).toMatchObject({ prev: epoch });
  expect(changes()[1]?.changes).toMatchObject([[TARGET, { state: 'draining', by: 'operator' }]]);
});

test('a subscription that was lost and is back says null', async () => {
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await waitFor('the null', () => heard.length === 2);
  expect(heard[1]).toBeNull();
  await pool.announce(serving({ fence: 7 }));
  await waitFor('a change', () => changes().length === 1);
});

test('when the connection for commands is lost, the subscription is made anew too, and says null', async () => {
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await waitFor('the null', () => heard.length === 2);
  expect(heard[1]).toBeNull();
});

test('after the unsubscribe nothing is heard', async () => {
  stop();
  await pool.announce(serving({ fence: 7 }));
  const again: unknown[] = [];
  const stopAgain = pool.onChange((change) => again.push(change));
  await waitFor('the new subscription', () => again.length === 1);
  stopAgain();
  expect(heard).toEqual([null]);
});

test('news are told when a report says so, and only then', async () => {
  let news = 0;
  const stopNews = pool.onNews(() => news++);
  await waitFor('the subscription', () => news === 1);
  await pool.renew(renewal({ fence: 1, serial: 1 }));
  await pool.renew(renewal({ fence: 1, serial: 2, news: true }));
  await waitFor('the news', () => news === 2);
  await pool.renew(renewal({ fence: 1, serial: 2, news: true }));
  await pool.renew(renewal({ fence: 1, serial: 3, news: true }));
  await waitFor('the news after a late report', () => news === 3);
  stopNews();
});

test.each(['garbage', '{"run":"r"}', '[]', '{"run":1,"prev":0,"epoch":1,"changes":[]}'])(
  'a message that is none (%s) counts as one that was missed',
  async (message) => {
    await admin.publish('drain:{rt}:changes', message);
    await waitFor('the message', () => heard.length === 2);
    expect(heard[1]).toBeNull();
  },
);
