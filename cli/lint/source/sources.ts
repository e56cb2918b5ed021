/** Owns what the linter reads: texts with a format, and what it could not read. */

export interface SourceText {
  /** As the user named it, or found below what they named; `-` is standard input. */
  readonly file: string;
  readonly text: string;
  readonly format: 'yaml' | 'nginx';
}

/** A file that could not be linted, with what to do about it. */
export interface Unreadable {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

/** What was left out on purpose; shown with --verbose. */
export interface Note {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface Gathered {
  readonly sources: readonly SourceText[];
  readonly unreadable: readonly Unreadable[];
  readonly notes: readonly Note[];
}
