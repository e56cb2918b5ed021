/** Owns the look of tables: columns two spaces apart, no frame. */
import type { TableConstructorOptions } from 'cli-table3';

const PARTS = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
  ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
];

export function frameless(head: string[]): TableConstructorOptions {
  const none = Object.fromEntries(PARTS.map((part) => [part, '']));
  return {
    head,
    chars: { ...none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  };
}
