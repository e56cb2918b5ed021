/** Owns the formats that every command but `lint` has. Invariant: JSON and YAML say the same, and all that there is. */
import { stringify } from 'yaml';

export const OUTPUTS = ['table', 'json', 'yaml'] as const;
export type Output = (typeof OUTPUTS)[number];

/** `table`: what a table of it looks like. */
export function printed(output: Output, value: unknown, table: () => string): string {
  if (output === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  if (output === 'yaml') return stringify(value, { lineWidth: 0 });
  return table();
}
