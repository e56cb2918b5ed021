/** Owns the closing table of the demo. Invariant: pure; one row a figure, the plain run beside ours. */
import Table from 'cli-table3';
import { describeErrors } from './draw';
import { quantile } from './quantile';
import type { RunReport } from './report';

export interface TableRun {
  readonly report: RunReport;
  /** From each pod's deletion to the end of its last process, in ms. */
  readonly goneMs: readonly number[];
  /** Where the processes' logs were kept, because something was lost that must not be. */
  readonly logDir?: string;
}

/** The table as text, without a line break at its end. */
export function resultTable(plain: TableRun, drain: TableRun, colour: boolean): string {
  const table = new Table({
    head: ['', 'plain rollout', 'acknowledged drain'],
    colAligns: ['left', 'right', 'right'],
    colWidths: [null, 28, 28],
    wordWrap: true,
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: colour ? { head: ['bold'], border: ['gray'] } : { head: [], border: [] },
  });
  const row = (name: string, figure: (run: TableRun) => string | number) =>
    table.push([name, String(figure(plain)), String(figure(drain))]);
  row('rollouts', ({ report }) => report.rollouts);
  row('requests', ({ report }) => report.requests);
  row('  failed', ({ report }) => report.failed);
  row('uploads', ({ report }) => report.uploads);
  row('  cut', ({ report }) => report.cut);
  row('  corrupt', ({ report }) => report.corrupt);
  row('errors', ({ report }) => describeErrors(report.errors) || 'none');
  row('pod gone after, median / p99', ({ goneMs }) => spread(goneMs));
  row('drain past last byte, p99', ({ report }) => p99(report, 'afterLastByteMs'));
  row('acked by all gateways, p99', ({ report }) => p99(report, 'ackMs'));
  return table.toString();
}

function p99({ drains }: RunReport, figure: 'afterLastByteMs' | 'ackMs'): string {
  return ms(
    quantile(
      drains.map((drain) => drain[figure]),
      0.99,
    ),
  );
}

function spread(values: readonly number[]): string {
  return `${ms(quantile(values, 0.5))} / ${ms(quantile(values, 0.99))}`;
}

function ms(value: number | undefined): string {
  return value === undefined ? '–' : `${Math.round(value)} ms`;
}
