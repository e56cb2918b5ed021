/**
 * Owns what became of each GET of a load, by its number, and so by the moment at which it was due.
 * Invariant: five bytes a request, whatever its end, so that hours fit.
 */
import type { FailureKind } from './failure';

/** As a load's result carries it: the GET of number n was due at `startedAtMs + (n + 1) * 1000 / perSecond`. */
export interface CourseRecord {
  /** Wall clock, ms since the epoch. */
  readonly startedAtMs: number;
  readonly perSecond: number;
  /** Of each number: NOT_ENDED, SUCCEEDED, or FAILED and more: the kind's place in `kinds`. */
  readonly outcomes: Uint8Array;
  /** Of each number that ended, in ms from the moment it was due. */
  readonly latenciesMs: Float32Array;
  readonly kinds: readonly FailureKind[];
}

/** Skipped by a generator that stood still, or abandoned. */
export const NOT_ENDED = 0;
export const SUCCEEDED = 1;
export const FAILED = 2;
const KINDS_MAX = 255 - FAILED;

export class Course {
  readonly #kinds: FailureKind[] = [];
  #length = 0;
  #outcomes = new Uint8Array(4096);
  #latenciesMs = new Float32Array(4096);

  constructor(
    readonly startedAtMs: number,
    readonly perSecond: number,
  ) {}

  /** `kind`: undefined of a success. */
  end(number: number, latencyMs: number, kind?: FailureKind): void {
    while (number >= this.#outcomes.length) this.#grow();
    this.#outcomes[number] = kind === undefined ? SUCCEEDED : FAILED + this.#placeOf(kind);
    this.#latenciesMs[number] = latencyMs;
    this.#length = Math.max(this.#length, number + 1);
  }

  record(): CourseRecord {
    return {
      startedAtMs: this.startedAtMs,
      perSecond: this.perSecond,
      outcomes: this.#outcomes.slice(0, this.#length),
      latenciesMs: this.#latenciesMs.slice(0, this.#length),
      kinds: this.#kinds,
    };
  }

  #placeOf(kind: FailureKind): number {
    const known = this.#kinds.indexOf(kind);
    if (known >= 0) return known;
    if (this.#kinds.length === KINDS_MAX) return KINDS_MAX - 1;
    return this.#kinds.push(kind) - 1;
  }

  #grow(): void {
    const outcomes = new Uint8Array(this.#outcomes.length * 2);
    outcomes.set(this.#outcomes);
    this.#outcomes = outcomes;
    const latenciesMs = new Float32Array(this.#latenciesMs.length * 2);
    latenciesMs.set(this.#latenciesMs);
    this.#latenciesMs = latenciesMs;
  }
}
