/**
 * Owns a place in a YAML document: a path, the node there if there is one, and the line it stands on. Invariant: a
 * cursor to something absent has the line of its nearest ancestor that is there. Aliases and merge keys (`<<`) are
 * followed; what was reached through one is `shared` and not to be edited.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { YamlSource } from './yaml-source';

export type Step = string | number;

export class Cursor {
  private constructor(
    readonly source: YamlSource,
    private readonly document: Document,
    /** The last step of the path; undefined at a document's root. */
    private readonly last: Step | undefined,
    /** The value here; undefined if there is none. */
    readonly node: Node | undefined,
    readonly parent: Cursor | undefined,
    /** The pair of a mapping that holds the value. */
    readonly pair: Pair | undefined,
    readonly shared: boolean,
  ) {}

  static root(source: YamlSource, document: Document): Cursor {
    const { contents } = document;
    return new Cursor(
      source,
      document,
      undefined,
      contents ?? undefined,
      undefined,
      undefined,
      false,
    );
  }

  get path(): readonly Step[] {
    const steps = this.parent?.path ?? [];
    return this.last === undefined ? steps : [...steps, this.last];
  }

  get file(): string {
    return this.source.file;
  }

  /** From 1, in the file. */
  get line(): number {
    const offset = this.offset;
    if (offset === undefined) return this.parent?.line ?? this.source.lineOffset + 1;
    return this.source.lineOffset + this.source.lines.linePos(offset).line;
  }

  /** True if something stands here, be it null. */
  get present(): boolean {
    return this.node !== undefined;
  }

  at(...steps: readonly Step[]): Cursor {
    return steps.reduce<Cursor>((cursor, step) => cursor.step(step), this);
  }

  string(): string | undefined {
    const value = this.scalar();
    return typeof value === 'string' ? value : undefined;
  }

  number(): number | undefined {
    const value = this.scalar();
    return typeof value === 'number' ? value : undefined;
  }

  /** The value if it is a scalar; undefined if not, or null. */
  scalar(): string | number | boolean | undefined {
    const value: unknown = isScalar(this.node) ? this.node.value : undefined;
    if (typeof value === 'bigint') return Number(value);
    return ['string', 'number', 'boolean'].includes(typeof value)
      ? (value as string | number | boolean)
      : undefined;
  }

  /** A scalar as text; empty if there is none. */
  text(): string {
    return String(this.scalar() ?? '');
  }

  /** The items of a sequence; none if it is not one. */
  items(): Cursor[] {
    return isSeq(this.node) ? this.node.items.map((_, index) => this.step(index)) : [];
  }

  /** Keys and values of a mapping; none if it is not one. */
  entries(): [string, Cursor][] {
    return isMap(this.node)
      ? this.node.items.flatMap((pair) => {
          const name = keyName(pair.key);
          if (name === '<<') return [];
          return [[name, this.child(name, pair.value, pair, false)] as [string, Cursor]];
        })
      : [];
  }

  /** The strings of a mapping or, with numbers as text, as Kubernetes writes labels. */
  strings(): Record<string, string> {
    const found = this.entries().flatMap(([key, cursor]) => {
      const value = cursor.scalar();
      return value === undefined ? [] : [[key, String(value)] as const];
    });
    return Object.fromEntries(found);
  }

  /** The words of a sequence of scalars. */
  words(): string[] {
    return this.items().flatMap((item) => {
      const value = item.scalar();
      return value === undefined ? [] : [String(value)];
    });
  }

  private get offset(): number | undefined {
    const key = this.pair?.key;
    if (isNode(key) && key.range) return key.range[0];
    return this.node?.range?.[0];
  }

  private step(step: Step): Cursor {
    const { node } = this;
    if (isSeq(node) && typeof step === 'number') {
      return this.child(step, node.items[step], undefined, false);
    }
    if (isMap(node) && typeof step === 'string') {
      const own = pairOf(node, step);
      if (own !== undefined) return this.child(step, own.value ?? undefined, own, false);
      const merged = this.merged(node, step, 0);
      if (merged !== undefined) return this.child(step, merged.value ?? undefined, merged, true);
    }
    return this.child(step, undefined, undefined, false);
  }

  private child(step: Step, value: unknown, pair: Pair | undefined, shared: boolean): Cursor {
    const alias = isAlias(value);
    const node = alias ? value.resolve(this.document) : isNode(value) ? value : undefined;
    const through = this.shared || shared || alias;
    return new Cursor(this.source, this.document, step, node, this, pair, through);
  }

  private merged(map: YAMLMap, key: string, depth: number): Pair | undefined {
    const merge = pairOf(map, '<<')?.value;
    if (merge === undefined || depth > 8) return undefined;
    for (const item of isSeq(merge) ? merge.items : [merge]) {
      const target = isAlias(item) ? item.resolve(this.document) : item;
      if (!isMap(target)) continue;
      const found = pairOf(target, key) ?? this.merged(target, key, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => keyName(pair.key) === key);
}

function keyName(key: unknown): string {
  const value = isScalar(key) ? key.value : key;
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}
