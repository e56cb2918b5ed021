import { judge, type Thresholds } from '../../../cli/verify/report/verdict';
import type { Course } from '../../../cli/verify/report/report';
import type { LoadResult } from '../../../load/result';
import { courseOf } from './course';
import { factsFrom } from './facts';

const strict: Thresholds = { maxFailed: { count: 0 } };
const failed: Partial<LoadResult> = {
  getFailed: { '502': 2 },
  course: courseOf(`${'.'.repeat(50)}xx${'.'.repeat(48)}`, 50),
};
const command = (end: { atMs: number; code: number | undefined; problem?: string }) => ({
  command: { words: ['./roll'], startedMs: 500, end },
});

test.each<
  [string, Partial<LoadResult>, Partial<Course>, Partial<Thresholds>, number, RegExp | null]
>([
  ['nothing failed', {}, {}, {}, 0, null],
  ['GETs failed', failed, {}, {}, 1, /^2 requests failed; --max-failed allows 0/],
  ['as many as allowed', failed, {}, { maxFailed: { count: 2 } }, 0, null],
  ['a share that is allowed', failed, {}, { maxFailed: { share: 0.02 } }, 0, null],
  ['more than the share', failed, {}, { maxFailed: { share: 0.01 } }, 1, /allows 1 % of 104/],
  ['an upload failed', { uploadFailed: { 'reset-sent': 1 } }, {}, {}, 1, /^1 requests failed/],
  ['an upload is corrupt', { corrupt: 1 }, {}, {}, 1, /^1 requests failed/],
  [
    'down too long',
    failed,
    {},
    { maxFailed: { count: 9 }, maxDowntime: 39 },
    1,
    /^40 ms of downtime/,
  ],
  ['down not too long', failed, {}, { maxFailed: { count: 9 }, maxDowntime: 40 }, 0, null],
  ['too slow', {}, {}, { maxP99: 2 }, 1, /^99 % of GETs took up to 3 ms/],
  ['not settled', {}, { settledAtMs: undefined }, {}, 1, /did not settle/],
  [
    'without a command nothing has to settle',
    {},
    { settledAtMs: undefined, command: undefined },
    {},
    0,
    null,
  ],
  [
    'the command failed',
    {},
    command({ atMs: 600, code: 3, problem: 'exit code 3' }),
    {},
    1,
    /exit code 3/,
  ],
  ['no request ended', { gets: 0, uploads: 0 }, {}, {}, 1, /nothing is proven/],
  ['interrupted', {}, { interrupted: true, settledAtMs: undefined }, {}, 130, /interrupted/],
  [
    'interrupted, and too much had failed',
    failed,
    { interrupted: true },
    {},
    1,
    /^2 requests failed/,
  ],
])('%s', (_, result, course, thresholds, exitCode, reason) => {
  const verdict = judge(factsFrom(result, course), { ...strict, ...thresholds });
  expect(verdict.exitCode).toBe(exitCode);
  expect(verdict.passed).toBe(exitCode === 0);
  if (reason) expect(verdict.reasons[0]).toMatch(reason);
  else expect(verdict.reasons).toEqual([]);
});

test.each<[string, Partial<LoadResult>, RegExp]>([
  ['failures before the command', { course: courseOf('..x......', 50) }, /before the command/],
  [
    'a late generator',
    { lateMs: { p50: 1, p99: 80, max: 90 } },
    /late with its own requests \(p99 80 ms\)/,
  ],
  ['skipped requests', { skipped: 5 }, /5 requests were never sent/],
  ['answers without a hash', { unchecked: 3 }, /3 of 4 uploads could not be checked/],
])('%s is noted, and no reason to fail', (_, result, note) => {
  const verdict = judge(factsFrom(result), strict);
  expect(verdict).toMatchObject({ passed: true, exitCode: 0 });
  expect(verdict.notes).toEqual([expect.stringMatching(note)]);
});
