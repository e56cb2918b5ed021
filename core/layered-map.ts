/**
 * Owns a map that is replaced, not changed, without a copy of the whole each time: few late entries over a large base.
 * Invariant: it reads as a copy with those entries set would; it is never changed itself.
 */
const LATE_MAX = 64;

class LayeredMap<K, V> implements ReadonlyMap<K, V> {
  readonly size: number;

  constructor(
    readonly base: ReadonlyMap<K, V>,
    readonly late: ReadonlyMap<K, V>,
  ) {
    let size = base.size;
    for (const key of late.keys()) if (!base.has(key)) size++;
    this.size = size;
  }

  get(key: K): V | undefined {
    return this.late.has(key) ? this.late.get(key) : this.base.get(key);
  }

  has(key: K): boolean {
    return this.late.has(key) || this.base.has(key);
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    this.base.forEach((value, key) => {
      if (!this.late.has(key)) callback(value, key, this);
    });
    this.late.forEach((value, key) => callback(value, key, this));
  }

  *entries(): Generator<[K, V], undefined> {
    for (const entry of this.base) if (!this.late.has(entry[0])) yield entry;
    yield* this.late;
  }

  *keys(): Generator<K, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries();
  }
}

/** The map with those entries set. The map given must not be changed any more. */
export function withEntries<K, V>(
  map: ReadonlyMap<K, V>,
  entries: Iterable<readonly [K, V]>,
): ReadonlyMap<K, V> {
  const [base, before] = map instanceof LayeredMap ? [map.base, map.late] : [map, []];
  const late = new Map<K, V>(before as Iterable<[K, V]>);
  for (const [key, value] of entries) late.set(key, value);
  const layered = new LayeredMap(base as ReadonlyMap<K, V>, late);
  return late.size <= LATE_MAX ? layered : new Map(layered);
}
