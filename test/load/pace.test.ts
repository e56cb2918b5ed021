import fc from 'fast-check';
import { takeDue, type PaceState } from '../../load/pace';

const START: PaceState = { taken: 0, skipped: 0 };

test.each([
  { perSecond: 100, elapsedMs: 9, to: 0 },
  { perSecond: 100, elapsedMs: 10, to: 1 },
  { perSecond: 100, elapsedMs: 1000, to: 100 },
  { perSecond: 0.5, elapsedMs: 1999, to: 0 },
])('$perSecond a second are $to after $elapsedMs ms', ({ perSecond, elapsedMs, to }) => {
  expect(takeDue(START, perSecond, elapsedMs)).toMatchObject({
    from: 0,
    to,
    state: { skipped: 0 },
  });
});

test('a generator that is late by up to a second catches up whatever its ticks', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2000 }),
      fc.array(fc.integer({ min: 0, max: 990 }), { minLength: 1, maxLength: 50 }),
      (perSecond, gapsMs) => {
        let state = START;
        let elapsedMs = 0;
        let fired = 0;
        for (const gapMs of gapsMs) {
          elapsedMs += gapMs;
          const due = takeDue(state, perSecond, elapsedMs);
          expect(due.from).toBe(state.taken);
          fired += due.to - due.from;
          state = due.state;
        }
        expect(fired).toBe(Math.floor((elapsedMs * perSecond) / 1000));
        expect(state.skipped).toBe(0);
      },
    ),
  );
});

test('after a standstill only the last second is caught up, and the rest counted as skipped', () => {
  const { from, to, state } = takeDue({ taken: 100, skipped: 0 }, 100, 11_000);
  expect({ from, to, state }).toEqual({
    from: 1000,
    to: 1100,
    state: { taken: 1100, skipped: 900 },
  });
});
