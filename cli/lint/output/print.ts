/** Owns the choice of the output's format. */
import { stringify } from 'yaml';
import type { CliContext } from '../../context';
import type { Finding } from '../engine';
import type { LintOptions } from '../options';
import type { Rule } from '../rule';
import { junit } from './junit';
import { sarif } from './sarif';
import { table } from './table';

export interface Shown extends Pick<LintOptions, 'output' | 'explain' | 'rules'> {
  /** How many files were linted. */
  readonly files: number;
}

/** A finding as JSON and YAML have it. */
export interface PlainFinding {
  readonly rule: Rule['id'];
  readonly severity: Finding['severity'];
  readonly file: string;
  readonly line: number;
  readonly message: string;
  /** The corrected snippet. */
  readonly fix: string;
}

export function print(findings: readonly Finding[], shown: Shown, context: CliContext): string {
  switch (shown.output) {
    case 'json':
      return `${JSON.stringify(findings.map(plain), null, 2)}\n`;
    case 'yaml':
      return stringify(findings.map(plain), { lineWidth: 0 });
    case 'sarif':
      return sarif(findings, shown.rules);
    case 'junit':
      return junit(findings);
    case 'table':
      return table(findings, shown, context);
  }
}

function plain({ rule, severity, file, line, message, fix }: Finding): PlainFinding {
  return { rule: rule.id, severity, file, line, message, fix };
}
