/**
 * Owns the parse of nginx configuration text. A parser of our own: npm's newest (nginx-conf 2.1.0, of 2024) gives no
 * positions. Invariant: it returns the tree, or one message with its line; it never throws. `include` is not followed.
 */
import type { Argument, Directive, NginxSource } from './directive';
import { OpenQuote, type Token, tokensOf } from './tokens';

export type ParsedNginx =
  | { readonly ok: true; readonly directives: readonly Directive[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** nginx itself has no use for deeper nesting than about ten. */
const MAX_DEPTH = 100;

class Broken extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

export function parseNginx(source: NginxSource): ParsedNginx {
  const lineOf = lineFinder(source);
  try {
    const reader = new Reader(source, lineOf);
    return { ok: true, directives: reader.read() };
  } catch (error) {
    if (!(error instanceof Broken) && !(error instanceof OpenQuote)) throw error;
    const line = lineOf(error.offset);
    return { ok: false, line, message: `not valid nginx configuration: ${error.message}` };
  }
}

class Reader {
  private tokens: Generator<Token>;

  constructor(
    private readonly source: NginxSource,
    private readonly lineOf: (offset: number) => number,
  ) {
    this.tokens = tokensOf(source.text);
  }

  read(): Directive[] {
    return this.block(undefined, 0);
  }

  /** The directives up to the brace that closes the parent's block, or up to the text's end. */
  private block(parent: Directive | undefined, depth: number): Directive[] {
    if (depth > MAX_DEPTH) throw new Broken('it is nested too deeply', parent?.start ?? 0);
    const found: Directive[] = [];
    let words: Token[] = [];
    for (;;) {
      const next = this.tokens.next();
      if (next.done === true) {
        const [open] = words;
        if (open !== undefined) throw new Broken(`no ";" after "${open.value}"`, open.start);
        if (parent !== undefined)
          throw new Broken(`"${parent.name} {" is never closed`, parent.start);
        return found;
      }
      const token = next.value;
      if (token.kind === 'word') words.push(token);
      else if (token.kind === '}') {
        const [open] = words;
        if (open !== undefined) throw new Broken(`no ";" after "${open.value}"`, open.start);
        if (parent === undefined) throw new Broken('a "}" too many', token.start);
        return found;
      } else {
        found.push(this.directive(words, token, parent, depth));
        words = [];
      }
    }
  }

  private directive(
    [name, ...args]: Token[],
    end: Token,
    parent: Directive | undefined,
    depth: number,
  ): Directive {
    if (name === undefined) throw new Broken(`a "${end.value}" without a directive`, end.start);
    const { source } = this;
    const common = {
      name: name.value,
      args: args.map(({ value, start, end: stop }): Argument => ({ value, start, end: stop })),
      ...{ parent, source, file: source.file, line: this.lineOf(name.start), start: name.start },
      inside: end.end,
    };
    if (end.kind === ';') return { ...common, block: undefined };
    if (name.value.endsWith('_by_lua_block')) {
      this.tokens = tokensOf(source.text, endOfLua(source.text, end.end));
      return { ...common, block: undefined };
    }
    const block: Directive[] = [];
    const directive: Directive = { ...common, block };
    block.push(...this.block(directive, depth + 1));
    return directive;
  }
}

/** Offset behind the brace that closes a Lua block; braces in strings and comments are rare and taken as they come. */
function endOfLua(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  throw new Broken('a Lua block that is never closed', from - 1);
}

function lineFinder({ text, lineOffset }: NginxSource): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return lineOffset + low + 1;
  };
}
