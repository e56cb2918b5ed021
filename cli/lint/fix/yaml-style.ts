/** Owns how new values are written so that they look like their surroundings: block, flow or JSON; quotes; indentation. */
import { isMap, isNode, isScalar, isSeq, type Node, type Pair, Scalar, stringify } from 'yaml';
import { eolOf, lineStart } from './text-edit';

const OPTIONS = { singleQuote: true, lineWidth: 0 } as const;

/** `key: value` in block style, its lines after the first indented by `column`. */
export function blockPair(text: string, column: number, key: string, value: unknown): string {
  return indented(text, column, stringify({ [key]: value }, OPTIONS));
}

/** `- value` in block style, likewise. */
export function blockItem(text: string, column: number, value: unknown): string {
  return indented(text, column, stringify([value], OPTIONS));
}

export function flowPair(json: boolean, key: string, value: unknown): string {
  return json
    ? `${JSON.stringify(key)}: ${JSON.stringify(value)}`
    : `${key}: ${flowValue(false, value)}`;
}

export function flowValue(json: boolean, value: unknown): string {
  if (json) return JSON.stringify(value);
  return stringify(value, { ...OPTIONS, collectionStyle: 'flow' }).trim();
}

/** A scalar in the place of another: with its quotes, if it had some and both are texts. */
export function scalarLike(old: Scalar, value: unknown): string {
  if (old.type === Scalar.QUOTE_DOUBLE && typeof value === 'string') return JSON.stringify(value);
  if (old.type === Scalar.QUOTE_SINGLE && typeof value === 'string') {
    return `'${value.replaceAll("'", "''")}'`;
  }
  return flowValue(false, value);
}

/** JSON is YAML's flow style with keys in double quotes. */
export function isJson(map: Node | undefined): boolean {
  if (!isMap(map) || map.flow !== true) return false;
  const [first] = map.items;
  return isScalar(first?.key) && first.key.type === Scalar.QUOTE_DOUBLE;
}

export function startOf(pair: Pair): number | undefined {
  return isNode(pair.key) ? pair.key.range?.[0] : undefined;
}

/** Offset behind the last character of a pair, without comments that follow it. */
export function endOfPair(text: string, pair: Pair): number {
  const { key, value } = pair;
  const keyEnd = isNode(key) ? (key.range?.[1] ?? 0) : 0;
  if (isNode(value) && value.range && value.range[1] > value.range[0]) return endOf(text, value);
  return text.indexOf(':', keyEnd) + 1;
}

export function endOf(text: string, node: Node): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last !== undefined) return endOfPair(text, last);
  }
  if (isSeq(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (isNode(last)) return endOf(text, last);
  }
  const end = node.range?.[1] ?? 0;
  return text.slice(0, end).trimEnd().length;
}

export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

function indented(text: string, column: number, block: string): string {
  return block.trimEnd().replaceAll('\n', `${eolOf(text)}${' '.repeat(column)}`);
}
