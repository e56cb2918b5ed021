/** A gateway's view: its epoch never goes down, and what it knew is not forgotten because the registry forgot it. */
import fc from 'fast-check';
import type { TargetRecord } from '../../core/records';
import { adopt, applyChange, emptyView, routingOf, type View } from '../../core/view';

const LEASE_MS = 3000;
const T = '10.0.0.1:80';
const U = '10.0.0.2:80';

function record(state: TargetRecord['state'], epoch: number, over: Partial<TargetRecord> = {}) {
  return { incarnation: 'a', fence: 1, serial: epoch, state, epoch, sinceMs: 0, ...over };
}

type Entries = readonly (readonly [string, TargetRecord])[];

const read = (run: string, epoch: number, entries: Entries) => ({
  run,
  epoch,
  targets: new Map(entries),
});

function known(entries: Entries, epoch = 10): View {
  return adopt(emptyView, read('A', epoch, entries), 0, LEASE_MS, true);
}

/** As a gateway whose lease lives takes in a reading. */
const reads = (view: View, run: string, epoch: number, entries: Entries, nowMs = 0): View =>
  adopt(view, read(run, epoch, entries), nowMs, LEASE_MS, true);

describe('a published change', () => {
  const view = known([[T, record('serving', 5)]]);
  const change = (over: object) => ({
    ...{ run: 'A', prev: 10, epoch: 11, changes: [[T, record('draining', 11)]] as Entries },
    ...over,
  });

  test('that follows is taken in', () => {
    const next = applyChange(view, change({}));
    expect(next).toMatchObject({ run: 'A', epoch: 11 });
    expect(routingOf(next as View, 0)).toEqual({ serving: [], draining: [T] });
    expect(routingOf(view, 0)).toEqual({ serving: [T], draining: [] });
  });

  test.each([
    ['doubled or late', { prev: 9, epoch: 10 }],
    ['older', { prev: 3, epoch: 4 }],
  ])('%s changes nothing', (_, over) => {
    expect(applyChange(view, change(over))).toBe(view);
  });

  test.each([
    ['after a gap', { prev: 12, epoch: 13 }],
    ['of another run', { run: 'B' }],
    ['of another run, with a low epoch', { run: 'B', prev: 1, epoch: 2 }],
    ['that follows another one of the same epoch', { prev: 9, epoch: 11 }],
  ])('%s asks for the whole', (_, over) => {
    expect(applyChange(view, change(over))).toBeNull();
  });
});

describe('a whole reading', () => {
  test('of the same run replaces what was known', () => {
    const next = reads(known([[T, record('serving', 5)]]), 'A', 12, [[U, record('serving', 12)]]);
    expect(routingOf(next, 0).serving).toEqual([U]);
  });

  test('that is older changes nothing', () => {
    const view = known([[T, record('serving', 5)]]);
    expect(reads(view, 'A', 9, [])).toBe(view);
    expect(reads(view, 'B', 9, [])).toBe(view);
  });

  test('of the same epoch is taken in: two changes of one flush may share it', () => {
    const next = reads(known([]), 'B', 10, [[T, record('serving', 10)]]);
    expect(routingOf(next, 0).serving).toEqual([T]);
  });
});

describe('after a flush', () => {
  const view = known([
    [T, record('draining', 8)],
    [U, record('serving', 9)],
  ]);
  const flushed = reads(view, 'B', 11, [], 1000);

  test('the view goes on for two leases, then it has what the registry has', () => {
    expect(routingOf(flushed, 1000)).toEqual({ serving: [U], draining: [T] });
    expect(routingOf(flushed, 1000 + 2 * LEASE_MS - 1)).toEqual({ serving: [U], draining: [T] });
    expect(routingOf(flushed, 1000 + 2 * LEASE_MS)).toEqual({ serving: [], draining: [] });
  });

  test('a target that states itself anew is heard at once', () => {
    const next = applyChange(flushed, {
      ...{ run: 'B', prev: 11, epoch: 12 },
      changes: [[U, record('draining', 12)]],
    });
    expect(routingOf(next as View, 1000)).toEqual({ serving: [], draining: [U, T] });
  });

  test('a late statement from before it is not', () => {
    const late = record('serving', 12, { serial: 7 });
    const next = reads(flushed, 'B', 12, [[T, late]], 1500);
    expect(routingOf(next, 1500).draining).toEqual([T]);
  });

  test('a second flush keeps what the first one left, no longer', () => {
    const again = reads(flushed, 'C', 13, [], 2000);
    expect(routingOf(again, 2000)).toEqual({ serving: [U], draining: [T] });
    expect(routingOf(again, 2000 + 2 * LEASE_MS).serving).toEqual([]);
  });

  test('a gateway that had lost its lease remembers what drains, not what served', () => {
    const next = adopt(view, read('B', 11, []), 1000, LEASE_MS, false);
    expect(routingOf(next, 1000)).toEqual({ serving: [], draining: [T] });
  });
});

describe('an older copy', () => {
  const copy: Entries = [[T, record('serving', 5)]];

  test.each(['A', 'B'])('of run %s does not bring a released target back', (run) => {
    const view = known([[T, record('gone', 10)]]);
    const next = reads(view, run, 20, copy, 0);
    expect(routingOf(next, 2 * LEASE_MS - 1)).toEqual({ serving: [], draining: [] });
    expect(routingOf(next, 2 * LEASE_MS).serving).toEqual([T]);
  });

  test('does not bring a draining target back', () => {
    const next = reads(known([[T, record('draining', 10)]]), 'B', 20, copy);
    expect(routingOf(next, 0)).toEqual({ serving: [], draining: [T] });
  });

  test('does not stand against a later life of the target', () => {
    const view = known([[T, record('gone', 10)]]);
    const next = reads(view, 'B', 20, [[T, record('serving', 20, { fence: 2, serial: 1 })]]);
    expect(routingOf(next, 0).serving).toEqual([T]);
  });

  test('does not take a later life away', () => {
    const view = known([[T, record('serving', 10, { fence: 2, serial: 1 })]]);
    const next = reads(view, 'B', 20, [[T, record('draining', 9)]]);
    expect(routingOf(next, 0)).toEqual({ serving: [T], draining: [] });
  });
});

test('over any changes, readings, flushes and older copies the epoch never goes down', () => {
  const state = fc.constantFrom('serving' as const, 'draining' as const, 'gone' as const);
  const entries = fc.array(
    fc.tuple(fc.constantFrom(T, U), fc.record({ state, fence: fc.nat(3), serial: fc.nat(9) })),
    { maxLength: 3 },
  );
  const step = fc.record({
    isRead: fc.boolean(),
    run: fc.constantFrom('A', 'B', 'C'),
    prev: fc.nat(12),
    epoch: fc.nat(12),
    entries,
    afterMs: fc.nat(4000),
    ofLease: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let view = emptyView;
      let nowMs = 0;
      for (const { isRead, run, prev, epoch, entries: drawn, afterMs, ofLease } of steps) {
        nowMs += afterMs;
        const changes = drawn.map(([id, over]) => [id, record(over.state, epoch, over)] as const);
        const next = isRead
          ? adopt(view, read(run, epoch, changes), nowMs, LEASE_MS, ofLease)
          : applyChange(view, { run, prev, epoch, changes });
        expect((next ?? view).epoch).toBeGreaterThanOrEqual(view.epoch);
        const { serving, draining } = routingOf(next ?? view, nowMs);
        expect(serving.filter((id) => draining.includes(id))).toEqual([]);
        view = next ?? view;
      }
    }),
  );
});
