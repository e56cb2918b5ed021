import fc from 'fast-check';
import { costToWrite } from '../../injector/controller/deletion-cost';

const LEAST_MS = 10_000;

test.each<[number | undefined, number, number, number | undefined, string]>([
  [undefined, 0, Infinity, undefined, 'an idle pod needs none'],
  [undefined, 1, Infinity, 1, 'the first request'],
  [6, 0, 10_000, 0, 'it fell idle'],
  [6, 0, 9_999, undefined, 'too soon after the last write'],
  [6, 7, Infinity, undefined, 'a small change'],
  [6, 9, Infinity, 9, 'half as much again'],
  [1, 2, Infinity, undefined, 'one more than one'],
  [1, 3, Infinity, 3, 'three times as much'],
  [100, 149, Infinity, undefined, 'less than half more'],
  [100, 40, Infinity, 40, 'less than half is left'],
  [5, 5, Infinity, undefined, 'no change'],
])(
  '%s on the pod, %s in flight, written %s ms ago: write %s (%s)',
  (written, inFlight, ago, cost) => {
    expect(costToWrite({ written, inFlight, writtenAgoMs: ago }, LEAST_MS)).toBe(cost);
  },
);

test('after the write nothing is due, and idle pods always end below busy ones', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(500), (before, inFlight) => {
      const written = before;
      const cost = costToWrite({ written, inFlight, writtenAgoMs: Infinity }, LEAST_MS);
      const stands = cost ?? before;
      expect(costToWrite({ written: stands, inFlight, writtenAgoMs: Infinity }, LEAST_MS)).toBe(
        undefined,
      );
      expect(stands === 0).toBe(inFlight === 0);
    }),
  );
});
