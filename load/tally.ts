/**
 * Owns the counts of a load. Invariant: every finished request is counted once, as a success or under one
 * kind of failure; nothing else changes a count, except the journals' verdict on an answered POST.
 */
import type { FailureKind } from './failure';

export type Counts = Readonly<Record<FailureKind, number>>;

/** One sort of request: how many ended, and of those that failed, how. */
export class Tally {
  #done = 0;
  readonly #failures = new Map<FailureKind, number>();

  succeed(): void {
    this.#done += 1;
  }

  fail(kind: FailureKind): void {
    this.#done += 1;
    this.#add(kind);
  }

  /** A success that turns out to be none. */
  revoke(kind: FailureKind): void {
    this.#add(kind);
  }

  get done(): number {
    return this.#done;
  }

  get failed(): number {
    return [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
  }

  get failures(): Counts {
    return Object.fromEntries(this.#failures);
  }

  #add(kind: FailureKind): void {
    this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1);
  }
}

/** Adds counts up, kind by kind. */
export function sumCounts(...all: readonly Counts[]): Counts {
  const sum: Record<FailureKind, number> = {};
  for (const [kind, count] of all.flatMap((counts) => Object.entries(counts))) {
    sum[kind] = (sum[kind] ?? 0) + count;
  }
  return sum;
}
