/** Owns the corrected snippet that a finding shows: the changed place within its surroundings, as its file writes it. */
import { stringify } from 'yaml';
import type { Cursor, Step } from '../yaml/cursor';
import type { Change } from './change';

/** The snippet for some changes, the same for YAML and JSON files. */
export function snippetOf(changes: readonly Change[]): string {
  return [...new Set(changes.map(one))].filter((text) => text !== '').join('\n');
}

function one(change: Change): string {
  switch (change.op) {
    case 'set':
      return nested(change.at, change.value);
    case 'append':
      return nested(change.at, [change.value]);
    case 'replace': {
      const parent = change.at.parent ?? change.at;
      return nested(parent, { [change.key]: change.value });
    }
    case 'remove':
      return `# without ${String(change.at.path.at(-1))}:`;
    case 'arguments':
      return `${change.directive.name} ${change.text};`;
    case 'add-directive':
      return change.text;
  }
}

/** The value under its keys, from the innermost list item on, which is shown by its name. */
function nested(at: Cursor, value: unknown): string {
  const steps = at.path;
  const from = steps.findLastIndex((step) => typeof step === 'number');
  const inner = under(steps.slice(from + 1), value);
  if (from === -1) return yaml(inner);
  const item = ancestor(at, steps.length - from - 1);
  const name = item?.at('name').scalar();
  if (steps.length === from + 1 || !isObject(inner)) return yaml([inner]);
  return yaml([name === undefined || 'name' in inner ? inner : { name, ...inner }]);
}

function under(steps: readonly Step[], value: unknown): unknown {
  return steps.reduceRight<unknown>((inner, step) => ({ [String(step)]: inner }), value);
}

function ancestor(at: Cursor, levels: number): Cursor | undefined {
  return levels === 0 ? at : at.parent && ancestor(at.parent, levels - 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function yaml(value: unknown): string {
  return stringify(value, { singleQuote: true, lineWidth: 0 }).trimEnd();
}
