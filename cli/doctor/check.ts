/**
 * Owns what a check is. Invariant: a pure function of the evidence; what is wrong names its place and its mend, so that
 * nobody must know the design to follow it.
 */
import type { Evidence } from './evidence';

export type Severity = 'error' | 'warning';

export interface Problem {
  /** Where: a pool, a gateway, a URL, a file. */
  readonly subject: string;
  /** What is wrong and what it does, a sentence or two. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

export interface Check {
  /** Stable, kebab-case. */
  readonly id: string;
  readonly severity: Severity;
  /** What is in order where it finds nothing. */
  readonly title: string;
  /** The part of the evidence that it judges; without it the check is not made. */
  readonly needs: keyof Evidence;
  /** Whether what answered holds anything to judge; without it, it always does. */
  readonly applies?: (evidence: Evidence) => boolean;
  readonly find: (evidence: Evidence) => readonly Problem[];
}
