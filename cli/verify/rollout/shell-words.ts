/** Owns how a command is written for people. Invariant: a POSIX shell would read the same words out of it. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : quoted(word))).join(' ');
}

const PLAIN = /^[\w@%+=:,./-]+$/;

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
