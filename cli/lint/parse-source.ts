/** Owns the parse of one text, whatever its format. */
import type { Directive } from './nginx/directive';
import { walk } from './nginx/directive';
import { parseNginx } from './nginx/parse';
import type { Note, SourceText, Unreadable } from './source/sources';
import type { Cursor } from './yaml/cursor';
import { parseYaml } from './yaml/yaml-source';

export interface ParsedSource {
  readonly source: SourceText;
  readonly roots: readonly Cursor[];
  readonly nginx: readonly (readonly Directive[])[];
  readonly notes: readonly Note[];
}

export function parseSource(source: SourceText): ParsedSource | Unreadable {
  const { file, text, format } = source;
  const editable = file !== '-';
  if (format === 'yaml') {
    const parsed = parseYaml(file, text, { editable });
    if (!parsed.ok) return { file, line: parsed.line, message: parsed.message };
    return { source, roots: parsed.roots, nginx: [], notes: [] };
  }
  const parsed = parseNginx({ file, text, lineOffset: 0, editable });
  if (!parsed.ok) return { file, line: parsed.line, message: parsed.message };
  const notes = walk(parsed.directives)
    .filter(({ name }) => name === 'include')
    .map(({ line, args }) => ({
      file,
      line,
      message: `include ${args[0]?.value ?? ''} is not followed: name that file too`,
    }));
  return { source, roots: [], nginx: [parsed.directives], notes };
}
