import { median, medianRatio, orderOf, type Round } from '../../bench/ratio';

const sample = (rps: number, p99Ms = 1) => ({ rps, p99Ms, cpuUs: 1 });

describe('the ratio of interleaved rounds', () => {
  it('is the middle one, so that a single disturbed round does not count', () => {
    const rounds: Round<'ours' | 'stock'>[] = [
      { ours: sample(90), stock: sample(100) },
      { ours: sample(10), stock: sample(100) },
      { ours: sample(45), stock: sample(50) },
    ];
    expect(medianRatio(rounds, 'rps', 'ours', 'stock')).toBe(0.9);
  });

  it('compares within a round: a machine twice as slow in one changes nothing', () => {
    const rounds: Round<'ours' | 'stock'>[] = [
      { ours: sample(100, 4), stock: sample(100, 2) },
      { ours: sample(50, 8), stock: sample(50, 4) },
    ];
    expect(medianRatio(rounds, 'p99Ms', 'ours', 'stock')).toBe(2);
  });

  it('lies between the two middle ones of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('runs every other round backwards', () => {
    expect([orderOf(['a', 'b', 'c'], 0), orderOf(['a', 'b', 'c'], 1)]).toEqual([
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
    ]);
  });
});
