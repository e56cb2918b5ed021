/** Owns the output for people: a table without frame, as kubectl's, coloured on a terminal. */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { CliContext } from '../../context';
import type { Finding } from '../engine';
import { editsOf } from '../fix/fix-all';
import type { Severity } from '../rule';
import { counted } from '../../../core/counted';
import { frameless } from '../../output/frameless';
import type { Shown } from './print';

const COLORS: Readonly<Record<Severity, 'red' | 'yellow' | 'cyan'>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
};

export function table(findings: readonly Finding[], shown: Shown, context: CliContext): string {
  const paint = (color: 'red' | 'yellow' | 'cyan' | 'dim', text: string) =>
    context.color ? styleText(color, text, { validateStream: false }) : text;
  if (findings.length === 0) return `No findings in ${counted(shown.files, 'file')}.\n`;
  if (shown.explain)
    return `${findings.map((one) => explained(one, paint)).join('\n')}\n${summary(findings, shown)}`;

  return `${rows(findings, context, paint)}\n${summary(findings, shown)}`;
}

/** The table library compares each row with all others, so long tables are made of several. */
const ROWS_AT_ONCE = 200;

function rows(findings: readonly Finding[], { columns }: CliContext, paint: Paint): string {
  const head = ['WHERE', 'SEVERITY', 'RULE', 'WHAT'];
  const cells = findings.map((one) => [
    `${one.file}:${one.line}`,
    one.severity,
    one.rule.id,
    one.what,
  ]);
  const widths = head.map((word, column) =>
    cells.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), word.length),
  );
  const [where = 0, severity = 0, rule = 0, what = 0] = widths;
  const room = columns === undefined ? what : Math.max(40, columns - where - severity - rule - 6);
  const parts: string[] = [];
  for (let from = 0; from < cells.length; from += ROWS_AT_ONCE) {
    const part = new Table({
      ...frameless(from === 0 ? head : []),
      ...{ colWidths: [where, severity, rule, Math.min(what, room)], wordWrap: true },
    });
    findings.slice(from, from + ROWS_AT_ONCE).forEach((one, index) => {
      const [place, word = '', id, text] = cells[from + index] ?? [];
      part.push([place, paint(COLORS[one.severity], word), id, text]);
    });
    parts.push(`${part.toString().replace(/[ \t]+$/gm, '')}\n`);
  }
  return parts.join('');
}

type Paint = (color: 'red' | 'yellow' | 'cyan' | 'dim', text: string) => string;

function explained({ file, line, severity, rule, what, fix }: Finding, paint: Paint): string {
  const source =
    rule.source.url === undefined ? rule.source.name : `${rule.source.name}, ${rule.source.url}`;
  return [
    `${file}:${line}: ${paint(COLORS[severity], severity)}: ${rule.id}`,
    `  ${what}`,
    `  ${rule.why}`,
    `  ${paint('dim', source)}`,
    ...fix.split('\n').map((text) => `    ${text}`),
    '',
  ].join('\n');
}

function summary(findings: readonly Finding[], { files, explain }: Shown): string {
  const of = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const mendable = findings.filter((one) => editsOf(one) !== undefined).length;
  const counts = `${counted(of('error'), 'error')}, ${counted(of('warning'), 'warning')}, ${of('info')} info in ${counted(files, 'file')}.`;
  const hints = [
    ...(mendable > 0 ? [`--fix mends ${mendable} of them`] : []),
    ...(explain ? [] : ['--explain shows why, and corrected snippets']),
  ];
  return `${counts}${hints.length > 0 ? ` ${hints.join('; ')}.` : ''}\n`;
}
