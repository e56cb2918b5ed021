import { seriesOf } from '../../../cli/verify/report/series';
import { Course } from '../../../load/course';
import { courseOf } from './course';

test('each GET is in the slice of the moment at which it was due', () => {
  // Due at 20, 40, … 200 ms.
  const { sliceMs, slices } = seriesOf(courseOf('....x .....', 50), 200);
  expect(sliceMs).toBe(100);
  expect(slices.map(({ succeeded, failed }) => [succeeded, failed])).toEqual([
    [4, 1],
    [5, 0],
  ]);
});

test.each([7, 100, 333])('every GET of %i per second is in exactly one slice', (perSecond) => {
  const text = '..x.'.repeat(100);
  const { slices } = seriesOf(courseOf(text, perSecond), (401 * 1000) / perSecond);
  const sum = (of: 'succeeded' | 'failed') => slices.reduce((all, slice) => all + slice[of], 0);
  expect([sum('succeeded'), sum('failed')]).toEqual([300, 100]);
});

test('a long load has wider slices, not more', () => {
  const hour = seriesOf(courseOf('', 100), 3_600_000);
  expect(hour.sliceMs).toBe(30_000);
  expect(hour.slices).toHaveLength(120);
});

test('latencies are those from the moment a GET was due', () => {
  const course = new Course(0, 1000);
  for (let number = 0; number < 99; number++) course.end(number, number < 98 ? 5 : 700);
  expect(seriesOf(course.record(), 100).slices).toEqual([
    { succeeded: 99, failed: 0, p50Ms: 5, p99Ms: 700, maxMs: 700 },
  ]);
});
