/** Owns where a new key of a mapping goes: after its first plain settings, so that long lists stay last. */
import { isScalar, Scalar, type YAMLMap } from 'yaml';
import type { Cursor } from '../yaml/cursor';
import { eolOf, lineEnd, type TextEdit } from './text-edit';
import { blockPair, columnOf, endOfPair, flowPair, isJson, startOf } from './yaml-style';

export function insertPair(
  at: Cursor,
  map: YAMLMap,
  key: string,
  value: unknown,
): TextEdit | undefined {
  const { source, file } = at;
  const { text } = source;
  const [first] = map.items;
  const firstStart = first && startOf(first);
  const open = map.range?.[0];
  if (open === undefined || !source.editable || at.shared) return undefined;
  if (firstStart === undefined) {
    const end = map.range?.[1] ?? open;
    return { file, start: open, end, text: `{ ${flowPair(file.endsWith('.json'), key, value)} }` };
  }
  if (map.flow === true) {
    const space = text.slice(open + 1, firstStart);
    const words = `${space}${flowPair(isJson(map), key, value)},`;
    return { file, start: open + 1, end: open + 1, text: words };
  }
  const column = columnOf(text, firstStart);
  const words = blockPair(text, column, key, value);
  const after = lastSimple(map);
  if (after === undefined) {
    const gap = `${eolOf(text)}${' '.repeat(column)}`;
    return { file, start: firstStart, end: firstStart, text: `${words}${gap}` };
  }
  const place = lineEnd(text, endOfPair(text, after));
  return { file, start: place, end: place, text: `${eolOf(text)}${' '.repeat(column)}${words}` };
}

/** The last of the plain settings that the mapping begins with. */
function lastSimple(map: YAMLMap) {
  const stop = map.items.findIndex(({ value }) => !isSimple(value));
  return map.items[(stop === -1 ? map.items.length : stop) - 1];
}

function isSimple(value: unknown): boolean {
  return (
    isScalar(value) && value.type !== Scalar.BLOCK_LITERAL && value.type !== Scalar.BLOCK_FOLDED
  );
}
