/** Owns the list of rules. */
import Table from 'cli-table3';
import { stringify } from 'yaml';
import type { Rule } from '../rule';
import { frameless } from '../../output/frameless';

export function listRules(rules: readonly Rule[], output: string): string {
  const plain = rules.map(({ id, severity, title, why, source, fixes }) => {
    return {
      rule: id,
      severity,
      title,
      why,
      source: source.url ?? source.name,
      fixable: fixes !== undefined,
    };
  });
  if (output === 'json') return `${JSON.stringify(plain, null, 2)}\n`;
  if (output === 'yaml') return stringify(plain, { lineWidth: 0 });
  const table = new Table(frameless(['RULE', 'SEVERITY', 'FIX', 'WHAT']));
  for (const { rule, severity, title, fixable } of plain) {
    table.push([rule, severity, fixable ? 'yes' : '', title]);
  }
  return `${table.toString().replace(/[ \t]+$/gm, '')}\n`;
}
