/**
 * Owns the edits that make a change in YAML or JSON text. Invariant: everything but the changed place stays as it is,
 * comments and layout too; where that cannot be done (aliases, text in ConfigMaps) there is no edit.
 */
import { isMap, isNode, isScalar, isSeq, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Cursor } from '../yaml/cursor';
import { insertPair } from './insert-pair';
import { eolOf, lineEnd, lineStart, type TextEdit } from './text-edit';
import {
  blockItem,
  blockPair,
  columnOf,
  endOf,
  endOfPair,
  flowPair,
  flowValue,
  isJson,
  scalarLike,
  startOf,
} from './yaml-style';

export function setEdit(at: Cursor, value: unknown): TextEdit | undefined {
  if (!isEditable(at)) return undefined;
  const { node, parent } = at;
  if (node === undefined && at.pair === undefined) return setMissing(at, value);
  const block =
    isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED);
  const simple = typeof value !== 'object' || value === null;
  if (simple && isScalar(node) && !block && node.range && node.range[1] > node.range[0]) {
    return edit(
      at,
      node.range[0],
      node.range[1],
      isJson(parent?.node) ? JSON.stringify(value) : scalarLike(node, value),
    );
  }
  const key = at.path.at(-1);
  return typeof key === 'string' ? replaceEdit(at, key, value) : undefined;
}

/** Puts another key and value in the place of the pair. */
export function replaceEdit(at: Cursor, key: string, value: unknown): TextEdit | undefined {
  const { pair, parent } = at;
  const start = pair && startOf(pair);
  if (!isEditable(at) || pair === undefined || start === undefined) return undefined;
  const { text } = at.source;
  const flow = isMap(parent?.node) && parent.node.flow === true;
  const words = flow
    ? flowPair(isJson(parent.node), key, value)
    : blockPair(text, columnOf(text, start), key, value);
  return edit(at, start, endOfPair(text, pair), words);
}

export function appendEdit(at: Cursor, value: unknown): TextEdit | undefined {
  const { node } = at;
  if (!isEditable(at)) return undefined;
  if (!isSeq(node)) return setEdit(at, [value]);
  const last = node.items.at(-1);
  if (!isNode(last)) return setEdit(at, [value]);
  const { text } = at.source;
  const end = endOf(text, last);
  if (node.flow === true)
    return edit(at, end, end, `, ${flowValue(isJson(at.parent?.node), value)}`);
  const column = columnOf(text, dashOf(text, node));
  const place = lineEnd(text, end);
  const item = blockItem(text, column, value);
  return edit(at, place, place, `${eolOf(text)}${' '.repeat(column)}${item}`);
}

export function removeEdit(at: Cursor): TextEdit | undefined {
  const { pair, parent } = at;
  const start = pair && startOf(pair);
  const map = parent?.node;
  if (!isEditable(at) || pair === undefined || start === undefined || !isMap(map)) return undefined;
  const { text } = at.source;
  const end = endOfPair(text, pair);
  const next = nextStart(map, map.items.indexOf(pair));
  const own = text.slice(lineStart(text, start), start).trim() === '';
  if (map.flow !== true && own) {
    const stop = text.indexOf('\n', end);
    return edit(at, lineStart(text, start), stop === -1 ? text.length : stop + 1, '');
  }
  if (next !== undefined) return edit(at, start, next, '');
  const before = map.items.at(-2);
  if (before === undefined || map.flow !== true) return undefined;
  return edit(at, endOfPair(text, before), end, '');
}

/** Adds the nearest mapping's missing keys. */
function setMissing(at: Cursor, value: unknown): TextEdit | undefined {
  const { parent } = at;
  const key = at.path.at(-1);
  if (parent === undefined || typeof key !== 'string') return undefined;
  if (isMap(parent.node)) return insertPair(parent, parent.node, key, value);
  return setEdit(parent, { [key]: value });
}

function isEditable({ source, shared }: Cursor): boolean {
  return source.editable && !shared;
}

function edit(at: Cursor, start: number, end: number, text: string): TextEdit {
  return { file: at.file, start, end, text };
}

function nextStart(map: YAMLMap, index: number): number | undefined {
  const next = map.items[index + 1];
  return next && startOf(next);
}

/** Offset of the dash before the last item. */
function dashOf(text: string, seq: YAMLSeq): number {
  const last = seq.items.at(-1);
  const start = isNode(last) ? (last.range?.[0] ?? 0) : 0;
  return text.lastIndexOf('-', start - 1);
}
