import { downtimeMs, outagesOf, windowsOf } from '../../../cli/verify/report/windows';
import { courseOf } from './course';

const at10 = (text: string) => courseOf(text, 10); // one each 100 ms; the first is due at 100 ms

test.each<[string, string, number, [from: number, until: number][]]>([
  ['nothing failed', '.....', 0, []],
  ['one failed: until the next that was due', '..x..', 100, [[300, 400]]],
  ['several in a row', '..xxx.', 300, [[300, 600]]],
  ['every other', '.x.x.', 200, [[200, 300], [400, 500]]], // prettier-ignore
  ['from the first on', 'xx..', 200, [[100, 300]]],
  ['to the end: the last stands for its own time', '..xx', 200, [[300, 500]]],
  ['all', 'xxx', 300, [[100, 400]]],
  ['of different kinds are one', '.xrt.', 300, [[200, 500]]],
  ['a GET that was never sent neither ends nor begins one', '.x-x-.', 400, [[200, 600]]],
  ['a GET that was never sent is no failure', '.-.', 0, []],
  ['nothing ended', '---', 0, []],
  ['no GET at all', '', 0, []],
])('outages: %s', (_, text, downMs, spans) => {
  const outages = outagesOf(at10(text));
  expect(outages.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual(spans);
  expect(downtimeMs(outages)).toBeCloseTo(downMs, 6);
});

test('outages less than a second apart are one window, and its downtime is theirs', () => {
  const course = at10('.x....x. .......... .r.');
  expect(windowsOf(course)).toEqual([
    { fromMs: 200, untilMs: 800, downMs: 200, gets: 6, failed: { '502': 2 } },
    { fromMs: 2000, untilMs: 2100, downMs: 100, gets: 1, failed: { refused: 1 } },
  ]);
});

test('the failures of all windows are all failures', () => {
  const course = courseOf('..x.tt.r' + '.'.repeat(3000) + 'xx.r.-t', 1000);
  const counted = windowsOf(course)
    .flatMap(({ failed }) => Object.values(failed))
    .reduce((a, b) => a + b, 0);
  expect(counted).toBe(8);
  expect(windowsOf(course)).toHaveLength(2);
});

test('downtime does not hang on how late the errors arrived', () => {
  expect(windowsOf(courseOf('..tt..', 10, 10_000))).toEqual(windowsOf(courseOf('..tt..', 10, 1)));
});
