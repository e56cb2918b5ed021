import { page } from '../../../cli/verify/html/page';
import { lanesOf, clock, ticks, timeTicks } from '../../../cli/verify/html/scale';
import { summary } from '../../../cli/verify/output/summary';
import { judge } from '../../../cli/verify/report/verdict';
import type { RolloutSight } from '../../../cli/verify/rollout/sight';
import type { Failure, LoadResult, UploadRun } from '../../../load/result';
import { courseOf } from './course';
import { factsFrom } from './facts';

const SPITE = '<script src="https://evil.example/x.js">"\'&';

const failure = (atMs: number, sort: Failure['sort'], kind: string): Failure => ({
  ...{ fromMs: atMs - 50, atMs, sort, kind, gateway: 'http://shop.example:8000' },
  reusedConnection: false,
});
const upload = (number: number, fromMs: number, outcome = 'ok'): UploadRun => ({
  ...{ number, fromMs, untilMs: fromMs + 300, sentBytes: 1, outcome },
});
const sight: RolloutSight = {
  pods: [
    { target: '10.0.0.1:80', pod: `rt-1${SPITE}`, phases: [{ phase: 'serving', fromMs: -5000, untilMs: 800 }, { phase: 'draining', fromMs: 800, untilMs: 1100 }] },
    { target: '10.0.0.2:80', phases: [{ phase: 'serving', fromMs: 700 }] },
  ],
  drains: [
    { target: '10.0.0.1:80', pod: `rt-1${SPITE}`, by: 'hook', fromMs: 800, untilMs: 1100, acks: [{ gateway: SPITE, atMs: 812 }] },
  ],
}; // prettier-ignore
const lossy: Partial<LoadResult> = {
  getFailed: { '502': 2 },
  uploadFailed: { 'reset-sent': 1 },
  course: courseOf(`${'.'.repeat(50)}xx${'.'.repeat(48)}`, 50),
  failures: [
    failure(300, 'get', '502'),
    failure(1060, 'get', '502'),
    failure(2090, 'upload', 'reset-sent'),
  ],
  uploadRuns: [upload(0, 100), upload(1, 150), upload(2, 900, 'reset-sent')],
};

test('a failure is laid to the drains that overlap it or ended within the second before', () => {
  const { failures, drains, windows } = factsFrom(lossy, { sight });
  expect(failures.map(({ drains }) => drains)).toEqual([[], [0], [0]]);
  expect(drains).toMatchObject([{ pod: `rt-1${SPITE}`, fromMs: 800, untilMs: 1100, failed: 2 }]);
  expect(windows).toMatchObject([{ fromMs: 1020, untilMs: 1060, downMs: 40, drains: [0] }]);
});

test('the JSON report has the figures under the names that are documented', () => {
  const facts = factsFrom({ ...lossy, corrupt: 1 }, { sight });
  expect(facts).toMatchObject({
    ...{ gets: 100, getFailed: { '502': 2 }, uploads: 4, uploadsFailed: { 'reset-sent': 1 } },
    ...{ corrupt: 1, downtimeMs: 40, latencyMs: { p50: 1, p99: 3, max: 9 } },
  });
});

describe('the HTML report', () => {
  const facts = factsFrom(lossy, { sight });
  const html = page(facts, judge(facts, { maxFailed: { count: 0 } }));

  test('asks for nothing: no script, no link, no image, no address that would be fetched', () => {
    expect(html).not.toMatch(/<(script|link|img|iframe|object|embed|base)\b/i);
    expect(html).not.toMatch(/<[^>]*\s(src|href|srcset|action|data|style)\s*=|url\(|@import/i);
    expect(html).toContain('default-src &#39;none&#39;');
  });

  test('what was measured cannot become markup', () => {
    expect(html).not.toContain('<script');
    expect(html).toContain(
      'rt-1&lt;script src=&quot;https://evil.example/x.js&quot;&gt;&quot;&#39;&amp;',
    );
  });

  test('its elements are balanced', () => {
    const open: string[] = [];
    for (const [, slash, name = ''] of html.matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
      if (name === 'meta') continue;
      if (slash) expect(open.pop()).toBe(name);
      else open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('it draws each pod’s phases, each ack, each upload, failed ones marked, and the downtime', () => {
    const count = (pattern: RegExp) => html.match(pattern)?.length;
    expect(count(/<rect class="serving" x/g)).toBe(2);
    expect(count(/<rect class="draining" x/g)).toBe(1);
    expect(count(/<path class="ack" d="M[0-9.]+ 0v17"/g)).toBe(1);
    expect(count(/<rect class="upload" x/g)).toBe(2);
    expect(count(/<path class="cross"/g)).toBe(1);
    expect(count(/<rect class="down" x/g)).toBe(1);
  });

  test('its first sentence says whether anything was lost', () => {
    expect(html).toContain(
      '<h1>3 of 100 requests and 4 uploads were lost while it was rolled.</h1>',
    );
    const good = factsFrom({}, { sight });
    expect(page(good, judge(good, { maxFailed: { count: 0 } }))).toContain(
      '<h1>Nothing was lost while it was rolled: 100 requests and 4 uploads, each answered.</h1>',
    );
  });

  test('a thousand pods and ten thousand uploads stay below a megabyte, with what failed in it', () => {
    const many = factsFrom(
      {
        ...lossy,
        uploadRuns: Array.from({ length: 10_000 }, (_, number) =>
          upload(number, number / 5, number === 9999 ? '502' : 'ok'),
        ),
      },
      {
        sight: {
          ...sight,
          pods: Array.from({ length: 1000 }, (_, number) => ({
            target: `10.1.${number >> 8}.${number & 255}:80`,
            phases: [{ phase: 'serving' as const, fromMs: -1 }],
          })).concat(sight.pods as never),
        },
      },
    );
    const text = page(many, judge(many, { maxFailed: { count: 0 } }));
    expect(text.length).toBeLessThan(1_000_000);
    expect(text).toContain('upload 9999');
    expect(text).toContain('rt-1&lt;');
    expect(text).toContain('942 unchanged left out');
  });
});

test('the summary on the terminal says every count, and what each kind means', () => {
  const facts = factsFrom({ ...lossy, corrupt: 1 }, { sight });
  const text = summary(facts, judge(facts, { maxFailed: { count: 0 } }), (_, plain) => plain);
  expect(text).toMatch(/^GETs +100 +2 failed$/m);
  expect(text).toMatch(/^uploads +4 +1 failed, 1 corrupt$/m);
  expect(text).toMatch(/^downtime +40 ms +1 window$/m);
  expect(text).toMatch(/^2 +GET +502 +the gateway reached no pod/m);
  expect(text).toMatch(/^FAILED {2}4 requests failed; --max-failed allows 0\.$/m);
  expect(text).not.toMatch(/[ \t]$/m);
});

test('ticks are round, times read as clocks, spans share lanes where they can', () => {
  expect(ticks(230, 3)).toEqual([0, 100, 200]);
  expect(ticks(0, 3)).toEqual([0]);
  expect(timeTicks(26_000)).toEqual([0, 5000, 10_000, 15_000, 20_000, 25_000]);
  expect([0, 5000, 65_500, 3_723_000].map(clock)).toEqual(['0:00', '0:05', '1:05.5', '1:02:03']);
  const span = (fromMs: number, untilMs: number) => ({ fromMs, untilMs });
  expect(
    lanesOf([span(0, 5), span(3, 8), span(5, 9), span(8, 9)]).map((lane) => lane.length),
  ).toEqual([2, 2]);
});
