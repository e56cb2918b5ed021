/** The barrier: clear only when no gateway that may route can still send to the target or has something unfinished. */
import fc from 'fast-check';
import { barrier, type DrainMark, type PoolSight } from '../../core/barrier';
import type { GatewayRecord } from '../../core/records';

const TARGET = '10.0.0.1:8080';
const NOW_MS = 1_000_000;
const mark: DrainMark = { target: TARGET, epoch: 100 };

function gateway(id: string, over: Partial<GatewayRecord> = {}): GatewayRecord {
  return {
    ...{ id, name: id, incarnation: 'i', addresses: [], epoch: 100, holding: {}, unassigned: 0 },
    ...{ leaseMs: 3000, leaseUntilMs: NOW_MS + 1000, ...over },
  };
}

function sight(gateways: GatewayRecord[], over: Partial<PoolSight> = {}): PoolSight {
  return { nowMs: NOW_MS, wholeSinceMs: 0, leaseMs: 3000, gateways, ...over };
}

test.each<[name: string, gateways: GatewayRecord[], clear: boolean]>([
  ['no gateway at all', [], true],
  ['one that has acked and holds nothing', [gateway('a')], true],
  ['one that has acked a later epoch', [gateway('a', { epoch: 101 })], true],
  ['one that has not acked', [gateway('a', { epoch: 99 })], false],
  ['one that has acked and holds one', [gateway('a', { holding: { [TARGET]: 1 } })], false],
  ['one that holds for another target', [gateway('a', { holding: { '10.0.0.2:80': 5 } })], true],
  ['a lost one that has not acked', [gateway('a', { epoch: 0, leaseUntilMs: NOW_MS - 1 })], true],
  ['one whose lease ends this ms', [gateway('a', { epoch: 0, leaseUntilMs: NOW_MS })], false],
  ['one that has left', [gateway('a', { epoch: 0, left: true })], true],
  ['one of two that has not acked', [gateway('a'), gateway('b', { epoch: 1 })], false],
])('%s', (_, gateways, clear) => {
  expect(barrier(mark, sight(gateways)).clear).toBe(clear);
});

test('what holds is named, with its reason', () => {
  const gateways = [gateway('a', { epoch: 7 }), gateway('b', { holding: { [TARGET]: 3 } })];
  expect(barrier(mark, sight(gateways)).holds).toEqual([
    { gateway: 'a', why: 'not-acked', ackedEpoch: 7 },
    { gateway: 'b', why: 'in-flight', inFlight: 3 },
  ]);
});

test.each([
  [NOW_MS, 3000],
  [NOW_MS - 1000, 2000],
  [NOW_MS - 3000, 0],
  [NOW_MS + 500, 3500],
])('a registry whole since %d is waited for %d ms', (wholeSinceMs, wholeInMs) => {
  const standing = barrier(mark, sight([], { wholeSinceMs }));
  expect(standing).toMatchObject({ wholeInMs, clear: wholeInMs === 0 });
});

const gateways = fc.array(
  fc.record({
    epoch: fc.integer({ min: 98, max: 102 }),
    inFlight: fc.integer({ min: 0, max: 2 }),
    leftMs: fc.integer({ min: -5, max: 5 }),
    left: fc.boolean(),
  }),
  { maxLength: 6 },
);

const records = gateways.map((drawn) =>
  drawn.map(({ epoch, inFlight, leftMs, left }, i) =>
    gateway(`gw-${i}`, {
      epoch,
      holding: inFlight === 0 ? {} : { [TARGET]: inFlight },
      leaseUntilMs: NOW_MS + leftMs,
      ...(left ? { left } : {}),
    }),
  ),
);

test('Safe: clear, then no gateway with a live lease lacks the ack or has something in flight', () => {
  fc.assert(
    fc.property(records, (all) => {
      const { clear, live } = barrier(mark, sight(all));
      const routes = all.filter((g) => g.left !== true && g.leaseUntilMs >= NOW_MS);
      expect(live).toEqual(routes);
      const free = routes.every((g) => g.epoch >= mark.epoch && !g.holding[TARGET]);
      expect(clear).toBe(free);
    }),
  );
});

test('every gateway that is there is live or lost, and only live ones hold', () => {
  fc.assert(
    fc.property(records, (all) => {
      const { live, lost, holds } = barrier(mark, sight(all));
      expect(live.length + lost.length).toBe(all.filter(({ left }) => left !== true).length);
      const names = new Set(live.map(({ id }) => id));
      expect(holds.every(({ gateway: id }) => names.has(id))).toBe(true);
    }),
  );
});
