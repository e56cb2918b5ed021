/** Owns the look of tables: kubectl's. Invariant: no trailing blanks, no colour of its own. */
import Table from 'cli-table3';
import { frameless } from './frameless';

/** The rows under their head; each line ends with a line feed. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table(frameless([...head]));
  drawn.push(...rows.map((row) => [...row]));
  return `${drawn.toString().replace(/[ \t]+$/gm, '')}\n`;
}
