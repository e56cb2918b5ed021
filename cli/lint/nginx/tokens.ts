/**
 * Owns the words of an nginx configuration file (nginx, src/core/ngx_conf_file.c): bare or quoted words, `${…}`, comments,
 * and the marks `{`, `}`, `;`.
 */
export interface Token {
  readonly kind: 'word' | '{' | '}' | ';';
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const MARKS = new Set(['{', '}', ';']);

/** A quote that never ends, at this offset. */
export class OpenQuote extends Error {
  constructor(readonly offset: number) {
    super('a quote that is never closed');
  }
}

/** Throws `OpenQuote`. */
export function* tokensOf(text: string, from = 0): Generator<Token> {
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) at += 1;
    else if (char === '#') {
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    } else if (MARKS.has(char)) {
      yield { kind: char as '{', value: char, start: at, end: at + 1 };
      at += 1;
    } else {
      const word = char === '"' || char === "'" ? quoted(text, at) : bare(text, at);
      yield word;
      at = word.end;
    }
  }
}

function quoted(text: string, start: number): Token {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && at + 1 < text.length) {
      at += 1;
      value += text.charAt(at);
    } else if (char === quote) return { kind: 'word', value, start, end: at + 1 };
    else value += char;
  }
  throw new OpenQuote(start);
}

function bare(text: string, start: number): Token {
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '\\') at += 2;
    else if (char === '$' && text.charAt(at + 1) === '{') {
      const close = text.indexOf('}', at);
      at = close === -1 ? text.length : close + 1;
    } else if (/[\s;{}]/.test(char)) break;
    else at += 1;
  }
  const end = Math.min(Math.max(at, start + 1), text.length);
  return { kind: 'word', value: text.slice(start, end), start, end };
}
