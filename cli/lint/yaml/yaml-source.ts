/**
 * Owns the parse of YAML and JSON text into documents that know their lines. Invariant: it returns documents without
 * errors, or one message with line and cause; it never throws.
 */
import { type Alias, type Document, LineCounter, parseAllDocuments, visit } from 'yaml';
import { Cursor } from './cursor';

export interface YamlSource {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  /** Lines before this text in its file: more than 0 for text inside a ConfigMap. */
  readonly lineOffset: number;
  /** False for text that is not the file's own: a ConfigMap's, or standard input's. */
  readonly editable: boolean;
}

export type ParsedYaml =
  | { readonly ok: true; readonly roots: readonly Cursor[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** A line that begins with `{{`, or a bare value that does: both are Go templates, some of which even parse as YAML. */
const TEMPLATE = /^[ \t]*(?:- )?(?:[\w./-]+:[ \t]+)?\{\{-?[ \t]*[.\w$"/(]/m;
const HELM = 'looks like a Helm template: render it first (helm template … | kong-drain lint -)';
const MAY_ALIAS = /(?:^|[\s,[{])\*[^\s*]/;

/** Beyond this, the search for repeated keys (quadratic in a mapping's size) is left out. */
const UNIQUE_KEYS_BYTES = 512 * 1024;

export function parseYaml(
  file: string,
  text: string,
  { lineOffset = 0, editable = true }: { lineOffset?: number; editable?: boolean } = {},
): ParsedYaml {
  const lines = new LineCounter();
  const source: YamlSource = { file, text, lines, lineOffset, editable };
  let documents: Document.Parsed[];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      merge: true,
      uniqueKeys: text.length < UNIQUE_KEYS_BYTES,
      logLevel: 'silent',
      prettyErrors: false,
    });
    documents = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : [];
  } catch (error) {
    // Very deep nesting ends the parser's stack.
    const cause = error instanceof RangeError ? 'it is nested too deeply' : String(error);
    return { ok: false, line: 1, message: `not readable as YAML: ${cause}` };
  }
  const template = TEMPLATE.exec(text);
  if (template !== null) {
    const line = lineOffset + text.slice(0, template.index).split('\n').length;
    return { ok: false, line, message: HELM };
  }
  const mayAlias = MAY_ALIAS.test(text);
  for (const document of documents) {
    const [error] = document.errors;
    const alias = error === undefined && mayAlias ? unknownAlias(document) : undefined;
    if (alias !== undefined) {
      const line = lineOffset + lines.linePos(alias.range?.[0] ?? 0).line;
      return { ok: false, line, message: `not valid YAML: no anchor is called ${alias.source}` };
    }
    if (error === undefined) continue;
    const line = lineOffset + lines.linePos(error.pos[0]).line;
    return {
      ok: false,
      line,
      message: `not valid YAML: ${lowerFirst(error.message)}`,
    };
  }
  return { ok: true, roots: documents.map((document) => Cursor.root(source, document)) };
}

/** Parse does not look where aliases lead to. */
function unknownAlias(document: Document.Parsed): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
