/** Owns how a number of things is written: `1 upload`, `3 uploads`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
