/** Owns the words at the end, for people. Invariant: pure; every figure is one of the report's. */
import Table from 'cli-table3';
import { counted } from '../../../core/counted';
import { frameless } from '../../output/frameless';
import type { Paint } from '../../output/paint';
import { span } from '../../output/span';
import { meaningOf } from '../report/kinds';
import { lostOf, type Drain, type Facts } from '../report/report';
import type { Verdict } from '../report/verdict';
import { shellLine } from '../rollout/shell-words';

const SHOWN = 10;

export function summary(facts: Facts, verdict: Verdict, paint: Paint, columns = 100): string {
  const parts = [
    course(facts),
    figures(facts),
    failures(facts, paint, columns),
    windows(facts),
    drains(facts),
    ...verdict.notes.map((note) => `${paint('yellow', 'note')}  ${note}\n`),
    headline(facts, verdict, paint),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function course({ command, endedMs, settledMs, interrupted }: Facts): string {
  if (!command) return `${span(endedMs)} of load${interrupted ? ', interrupted' : ''}\n`;
  const ended = command.untilMs === undefined ? undefined : command.untilMs - command.fromMs;
  const settled =
    settledMs === undefined
      ? 'not settled'
      : `settled ${span(settledMs - command.fromMs)} after its begin`;
  return (
    `${shellLine(command.words)}\n` +
    `${span(endedMs)} of load: the command after ${span(command.fromMs)}` +
    `${ended === undefined ? '' : `, for ${span(ended)}`}; ${interrupted ? 'interrupted' : settled}\n`
  );
}

function figures(facts: Facts): string {
  const { gets, getFailed, uploads, uploadsFailed, corrupt, latencyMs, serviceMs } = facts;
  const sum = (counts: Facts['getFailed']) => Object.values(counts).reduce((a, b) => a + b, 0);
  const rows: string[][] = [];
  if (gets > 0 || facts.load.getRate > 0)
    rows.push(['GETs', String(gets), `${sum(getFailed)} failed`]);
  if (uploads > 0 || facts.load.uploads > 0) {
    rows.push(['uploads', String(uploads), `${sum(uploadsFailed)} failed, ${corrupt} corrupt`]);
  }
  if (facts.load.getRate > 0) {
    const { p50, p99, max } = latencyMs;
    rows.push(
      ['downtime', span(facts.downtimeMs), counted(facts.windows.length, 'window')],
      [
        'latency',
        `p50 ${ms(p50)}`,
        `p99 ${ms(p99)}, max ${ms(max)}; uncorrected p99 ${ms(serviceMs.p99)}`,
      ],
    );
  }
  rows.push([
    'own delay',
    `p99 ${ms(facts.schedulingErrorMs.p99)}`,
    `max ${ms(facts.schedulingErrorMs.max)}`,
  ]);
  return rows
    .map(([name = '', first = '', rest = '']) => `${name.padEnd(11)}${first.padEnd(14)}${rest}\n`)
    .join('');
}

function failures(
  { getFailed, uploadsFailed, corrupt }: Facts,
  paint: Paint,
  columns: number,
): string {
  const rows = [
    ...Object.entries(getFailed).map(([kind, count]) => ['GET', kind, count] as const),
    ...Object.entries(uploadsFailed).map(([kind, count]) => ['upload', kind, count] as const),
    ...(corrupt > 0 ? [['upload', 'corrupt', corrupt] as const] : []),
  ].sort((a, b) => b[2] - a[2]);
  if (rows.length === 0) return '';
  const cells = rows.map(([what, kind, count]) => [String(count), what, kind, meaningOf(kind)]);
  const table = drawn(['FAILED', 'WHAT', 'KIND', 'MEANING'], cells, columns);
  return table.replace(/^.*$/m, (head) => paint('bold', head));
}

function windows({ windows: all, drains: known, startedAt }: Facts): string {
  if (all.length === 0) return '';
  const begin = Date.parse(startedAt);
  const rows = all
    .slice(0, SHOWN)
    .map((window) => [
      `${(window.fromMs / 1000).toFixed(2)} s`,
      new Date(begin + window.fromMs).toISOString().slice(11, 23),
      span(window.untilMs - window.fromMs),
      span(window.downMs),
      `${Object.values(window.failed).reduce((a, b) => a + b, 0)} of ${window.gets}`,
      window.drains.map((index) => nameOf(known[index])).join(', ') || '-',
    ]);
  const more = all.length > SHOWN ? `and ${all.length - SHOWN} more\n` : '';
  return (
    drawn(['WINDOW AT', 'UTC', 'LASTED', 'DOWN', 'FAILED', 'DURING THE DRAIN OF'], rows) + more
  );
}

function drains({ drains: all }: Facts): string {
  if (all.length === 0) return '';
  const rows = all.slice(0, SHOWN).map((drain) => {
    const lastAck = drain.acks.reduce((last, { atMs }) => Math.max(last, atMs), -Infinity);
    return [
      nameOf(drain),
      `${(drain.fromMs / 1000).toFixed(2)} s`,
      drain.acks.length === 0
        ? '-'
        : `${drain.acks.length} in ${span(Math.max(0, lastAck - drain.fromMs))}`,
      drain.untilMs === undefined ? 'still draining' : span(drain.untilMs - drain.fromMs),
      drain.outcome ?? '-',
      String(drain.failed),
    ];
  });
  const more = all.length > SHOWN ? `and ${all.length - SHOWN} more\n` : '';
  return drawn(['DRAIN', 'BEGAN', 'ACKS', 'TOOK', 'OUTCOME', 'FAILED MEANWHILE'], rows) + more;
}

function headline(facts: Facts, { passed, reasons }: Verdict, paint: Paint): string {
  if (!passed) return reasons.map((reason) => `${paint('red', 'FAILED')}  ${reason}\n`).join('');
  const lost = lostOf(facts);
  const all = `${facts.gets} GETs${facts.load.uploads > 0 ? ` and ${facts.uploads} uploads` : ''}`;
  const what =
    lost === 0 ? 'nothing was lost' : `${lost} requests were lost, within the thresholds`;
  return `${paint('green', 'PASSED')}  ${all}: ${what}.\n`;
}

function nameOf(drain: Pick<Drain, 'pod' | 'target'> | undefined): string {
  return drain?.pod ?? drain?.target ?? '';
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : span(value);
}

function drawn(head: string[], rows: string[][], columns?: number): string {
  const widths = head.map((word, at) =>
    Math.max(word.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const others = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const last = widths.at(-1) ?? 0;
  const room = columns === undefined ? last : Math.max(30, columns - others);
  const table = new Table({
    ...frameless(head),
    colWidths: [...widths.slice(0, -1), Math.min(last, room)],
    wordWrap: true,
  });
  table.push(...rows);
  return `${table.toString().replace(/[ \t]+$/gm, '')}\n`;
}
