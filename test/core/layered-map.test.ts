import fc from 'fast-check';
import { withEntries } from '../../core/layered-map';

const key = fc.integer({ min: 0, max: 300 });
const entries = fc.array(fc.tuple(key, fc.integer()), { maxLength: 80 });

describe('a layered map', () => {
  it('reads as a copy with the entries set would, however many times', () => {
    fc.assert(
      fc.property(entries, fc.array(entries, { maxLength: 8 }), (first, later) => {
        const copied = new Map(first);
        let layered: ReadonlyMap<number, number> = new Map(first);
        for (const some of later) {
          const before = new Map(layered);
          const next = withEntries(layered, some);
          expect(new Map(layered)).toEqual(before);
          for (const [k, v] of some) copied.set(k, v);
          layered = next;
        }
        const seen = new Map<number, number>();
        layered.forEach((value, at) => {
          expect(seen.has(at)).toBe(false);
          seen.set(at, value);
        });
        expect(seen).toEqual(copied);
        expect(new Map(layered)).toEqual(copied);
        expect(new Set(layered.keys())).toEqual(new Set(copied.keys()));
        expect([...layered.values()].sort()).toEqual([...copied.values()].sort());
        expect(layered.size).toBe(copied.size);
        for (let at = 0; at <= 300; at++) {
          expect([layered.has(at), layered.get(at)]).toEqual([copied.has(at), copied.get(at)]);
        }
      }),
    );
  });
});
