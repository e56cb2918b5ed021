/** Owns the report's tables: what the pictures show, in words and figures. Invariant: pure. */
import { span } from '../../output/span';
import { meaningOf } from '../report/kinds';
import type { Drain, Facts } from '../report/report';
import { el, type Markup } from './markup';
import { clock } from './scale';

const ROWS_MAX = 200;

export function tables(facts: Facts): Markup[] {
  return [
    ...failureTable(facts),
    ...windowTable(facts),
    ...drainTable(facts),
    ...latencyTable(facts),
  ];
}

function failureTable({ getFailed, uploadsFailed, corrupt }: Facts): Markup[] {
  const rows = [
    ...Object.entries(getFailed).map(([kind, count]) => ['GET', kind, count] as const),
    ...Object.entries(uploadsFailed).map(([kind, count]) => ['upload', kind, count] as const),
    ...(corrupt > 0 ? [['upload', 'corrupt', corrupt] as const] : []),
  ].sort((a, b) => b[2] - a[2]);
  return section(
    'What failed',
    ['Number', 'Of', 'Kind', 'Meaning'],
    rows.map(([what, kind, count]) => [String(count), what, kind, meaningOf(kind)]),
  );
}

function windowTable({ windows, drains }: Facts): Markup[] {
  return section(
    'When it failed',
    ['From', 'Lasted', 'Down', 'Failed', 'While these pods drained'],
    windows.map((window) => [
      clock(window.fromMs),
      span(window.untilMs - window.fromMs),
      span(window.downMs),
      `${Object.values(window.failed).reduce((a, b) => a + b, 0)} of ${window.gets} GETs`,
      window.drains.map((index) => nameOf(drains[index])).join(', ') || 'none known',
    ]),
  );
}

function drainTable({ drains }: Facts): Markup[] {
  return section(
    'How the pods drained',
    [
      'Pod',
      'Began',
      'Confirmed by',
      'Last confirmation after',
      'Gone after',
      'Outcome',
      'Failed meanwhile',
    ],
    drains.map((drain) => [
      nameOf(drain),
      clock(drain.fromMs),
      drain.acks.map(({ gateway }) => gateway).join(', ') || 'nobody',
      drain.acks.length === 0 ? '–' : span(Math.max(0, lastAckMs(drain) - drain.fromMs)),
      drain.untilMs === undefined ? 'still draining' : span(drain.untilMs - drain.fromMs),
      drain.outcome ?? '–',
      String(drain.failed),
    ]),
  );
}

function latencyTable({ latencyMs, serviceMs, schedulingErrorMs, load }: Facts): Markup[] {
  if (load.getRate === 0) return [];
  const row = (name: string, { p50, p99, max }: Facts['latencyMs']) => [
    name,
    figure(p50),
    figure(p99),
    figure(max),
  ];
  return section(
    'How long GETs took',
    ['', 'Half within', '99 % within', 'Longest'],
    [
      row('From the moment each was due: what users felt', latencyMs),
      row('From the moment each was sent', serviceMs),
      row("The load generator's own delay, included in both", schedulingErrorMs),
    ],
  );
}

function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): Markup[] {
  if (rows.length === 0) return [];
  const left = rows.length - ROWS_MAX;
  return [
    el('h2', {}, title),
    el(
      'div',
      { class: 'card' },
      el(
        'table',
        {},
        el('thead', {}, el('tr', {}, ...head.map((word) => el('th', { scope: 'col' }, word)))),
        el(
          'tbody',
          {},
          ...rows
            .slice(0, ROWS_MAX)
            .map((row) => el('tr', {}, ...row.map((cell) => el('td', {}, cell)))),
        ),
      ),
      ...(left > 0 ? [el('p', { class: 'soft' }, `and ${left} more, in the JSON report`)] : []),
    ),
  ];
}

function lastAckMs({ acks }: Drain): number {
  return Math.max(...acks.map(({ atMs }) => atMs));
}

function nameOf(drain: Pick<Drain, 'pod' | 'target'> | undefined): string {
  return drain?.pod ?? drain?.target ?? '';
}

function figure(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : span(ms);
}
