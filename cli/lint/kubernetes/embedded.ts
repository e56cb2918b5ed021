/** Owns nginx and Kong files inside ConfigMaps: they are linted with their lines in the manifest, but not edited. */
import { isScalar } from 'yaml';
import { isDeclarative } from '../kong/declarative';
import type { Directive } from '../nginx/directive';
import { parseNginx } from '../nginx/parse';
import type { Note } from '../source/sources';
import type { Cursor } from '../yaml/cursor';
import { parseYaml } from '../yaml/yaml-source';
import type { Resource } from './resources';

interface Embedded {
  readonly nginx: readonly (readonly Directive[])[];
  readonly declarative: readonly Cursor[];
  readonly notes: readonly Note[];
}

export function embeddedTexts(resources: readonly Resource[]): Embedded {
  const nginx: (readonly Directive[])[] = [];
  const declarative: Cursor[] = [];
  const notes: Note[] = [];
  for (const { at, kind } of resources) {
    if (kind !== 'ConfigMap') continue;
    for (const [key, value] of at.at('data').entries()) {
      const text = value.string();
      if (text === undefined || !isLiteral(value)) continue;
      // The text of a literal block begins on the line after its key.
      const place = { lineOffset: value.line, editable: false };
      const failed = (line: number, message: string) =>
        notes.push({ file: at.file, line, message: `${key}: ${message}` });
      if (key.endsWith('.conf') && /\bproxy_pass\b/.test(text)) {
        const parsed = parseNginx({ file: at.file, text, ...place });
        if (parsed.ok) nginx.push(parsed.directives);
        else failed(parsed.line, parsed.message);
      } else if (/^_format_version:/m.test(text)) {
        const parsed = parseYaml(at.file, text, place);
        if (parsed.ok) declarative.push(...parsed.roots.filter(isDeclarative));
        else failed(parsed.line, parsed.message);
      }
    }
  }
  return { nginx, declarative, notes };
}

function isLiteral({ node }: Cursor): boolean {
  return isScalar(node) && node.type === 'BLOCK_LITERAL';
}
