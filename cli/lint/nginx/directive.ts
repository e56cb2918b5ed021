/** Owns the tree of an nginx configuration file. */

export interface NginxSource {
  readonly file: string;
  readonly text: string;
  readonly lineOffset: number;
  readonly editable: boolean;
}

export interface Argument {
  readonly value: string;
  /** Offsets in the source's text. */
  readonly start: number;
  readonly end: number;
}

export interface Directive {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Undefined for a simple directive. */
  readonly block: readonly Directive[] | undefined;
  readonly parent: Directive | undefined;
  readonly source: NginxSource;
  readonly file: string;
  readonly line: number;
  readonly start: number;
  /** Offset behind the opening brace. */
  readonly inside: number;
}

/** The value of the first argument; undefined if there is none. */
export function firstArgument(directive: Directive | undefined): string | undefined {
  return directive?.args[0]?.value;
}

/** The directive of that name right in a block. The last one, as nginx lets the later of two win. */
export function childOf(
  block: readonly Directive[] | undefined,
  name: string,
): Directive | undefined {
  return block?.findLast((directive) => directive.name === name);
}

/** All directives below, the given ones included. */
export function walk(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => [directive, ...walk(directive.block ?? [])]);
}
