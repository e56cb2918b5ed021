/** What another hand wrote into Redis: left out, told once per reading, and nobody is stopped by it. */
import type { Redis } from 'ioredis';
import type { PoolKeeper } from '../../registry/pool-keeper';
import type { Change, PoolRegistry } from '../../registry/registry';
import { waitFor } from '../../harness/wait';
import { cleanUp, clientOf, realRedis, registryOf, type BadRecord } from './redis';
import { LEASE_MS, renewal, serving, TARGET } from './statements';

const BAD = '10.1.0.66:8080';
const RECORD = { incarnation: 'x', fence: 1, serial: 1, epoch: 1, sinceMs: 1, state: 'serving' };

let admin: Redis;
let pool: PoolRegistry;
let keeper: PoolKeeper;
let bad: BadRecord[];
let url: string;

beforeAll(async () => {
  ({ url } = await realRedis());
  admin = await clientOf(url);
  const opened = await registryOf(url, '10.1.0.0/16');
  bad = opened.bad;
  pool = opened.registry.pool('rt');
  keeper = opened.registry.keeper('rt');
});
beforeEach(async () => {
  await admin.flushall();
  await pool.announce(serving({ fence: 7 }));
  bad.length = 0;
});
afterAll(cleanUp);

const spoil = (id: string, value: unknown) =>
  admin.hset('drain:{rt}:targets', id, typeof value === 'string' ? value : JSON.stringify(value));

const cases: [name: string, id: string, value: unknown, why: RegExp][] = [
  ['no JSON', BAD, 'garbage', /JSON/],
  ['JSON of another shape', BAD, [], /object/],
  ['JSON null', BAD, 'null', /object/],
  ['an unknown state', BAD, { ...RECORD, state: 'paused' }, /state/],
  ['a missing fence', BAD, { ...RECORD, fence: undefined }, /fence/],
  ['a foreign address', '192.168.0.1:80', RECORD, /outside the allowed CIDRs/],
  ['a name for an address', 'rt.default.svc:80', RECORD, /not a target/],
  ['another spelling of an address', '[::ffff:10.1.0.66]:8080', RECORD, /canonical/],
  ['a port that is none', '10.1.0.66:99999', RECORD, /not a target/],
];

test.each(cases)(
  '%s: left out of a view and told once, the others are there',
  async (_, id, value, why) => {
    await spoil(id, value);
    expect([...(await pool.view()).targets.keys()]).toEqual([TARGET]);
    expect(bad).toEqual([{ id, why: expect.stringMatching(why) as string }]);
  },
);

test.each(cases)(
  '%s: the change that brings it counts as missed, so that the whole is read without it',
  async (_, id, value) => {
    const heard: (Change | null)[] = [];
    const stop = pool.onChange((change) => heard.push(change));
    await waitFor('the subscription', () => heard.length === 1);
    const good = JSON.stringify(RECORD);
    await admin.publish(
      'drain:{rt}:changes',
      `{"run":"r","prev":1,"epoch":2,"changes":[["${TARGET}",${good}],["${id}",${JSON.stringify(value)}]]}`,
    );
    await waitFor('the change', () => heard.length === 2);
    stop();
    expect(heard).toEqual([null, null]);
    expect(bad.map((record) => record.id)).toEqual([id]);
  },
);

test.each(['garbage', 'null', '5', '[]', '{}', '{"state":"serving"}'])(
  'a target whose record is %s is as good as none, and can be announced again',
  async (value) => {
    await spoil(TARGET, value);
    expect(await pool.order(TARGET, 'drain', 'operator')).toBe('unknown');
    expect(await keeper.forget(TARGET, 'rt-1')).toBe(false);
    await pool.join('target', TARGET);
    expect(await pool.announce(serving({ fence: 8 }))).toMatchObject({
      status: 'ok',
      record: { state: 'serving' },
    });
  },
);

test.each(['garbage', 'null', '5', '[]', '{}'])(
  "a record that is %s when its lease ends does not fail the gateways' renewals",
  async (value) => {
    await spoil(BAD, value);
    await admin.zadd('drain:{rt}:leases', 1, BAD);
    expect((await pool.renew(renewal({ fence: 1 }))).status).toBe('ok');
    expect(await admin.hexists('drain:{rt}:targets', BAD)).toBe(0);
  },
);

test("a gateway's report without a lease is left out of the progress, and its gateway can renew", async () => {
  await pool.renew(renewal({ id: 'gw-good', fence: 1 }));
  await pool.renew(renewal({ id: 'gw-bad', fence: 1 }));
  await admin.hset('drain:{rt}:gateways', 'gw-bad', 'garbage');
  const { gateways } = await pool.progress(TARGET, 0);
  expect(gateways.map(({ id }) => id)).toEqual(['gw-good']);
  expect(bad.map(({ id }) => id)).toEqual(['gw-bad']);
  await pool.join('gateway', 'gw-bad');
  expect((await pool.renew(renewal({ id: 'gw-bad', fence: 2 }))).status).toBe('ok');
});

test('a gateway with a lease and a report that cannot be read has acked nothing: it holds drains', async () => {
  await pool.renew(renewal({ id: 'gw-bad', fence: 1, epoch: 5 }));
  await admin.hset('drain:{rt}:gateways', 'gw-bad', '99999999999999 {"epoch":5}');
  const { gateways } = await pool.progress(TARGET, 0);
  expect(gateways).toMatchObject([{ id: 'gw-bad', epoch: 0, leaseUntilMs: 99999999999999 }]);
  expect(bad.map(({ id }) => id)).toEqual(['gw-bad']);
});

test('an order that is garbage is none', async () => {
  await admin.hset('drain:{rt}:orders', 'rt-1', 'garbage');
  const reply = await pool.announce(serving({ fence: 8, pod: 'rt-1' }));
  expect(reply.record?.state).toBe('serving');
});

test('without an allow-list every address is allowed', async () => {
  await spoil('192.168.0.1:80', RECORD);
  const { registry } = await registryOf(url);
  expect((await registry.pool('rt').view()).targets.has('192.168.0.1:80')).toBe(true);
});

test('keys of another type fail with one error code, and leave the lease to end by itself', async () => {
  await admin.set('drain:{odd}:targets', 'a string');
  const odd = (await registryOf(url)).registry.pool('odd');
  await expect(odd.announce({ ...serving({ fence: 1 }), leaseMs: LEASE_MS })).rejects.toMatchObject(
    {
      code: 'REGISTRY_UNREACHABLE',
    },
  );
});
