/**
 * Owns what a rule is. Invariant: a rule is a pure function of model and settings; all that its page in docs/lint says
 * stands in the rule's own module, and its examples are its first tests.
 */
import type { Change } from './fix/change';
import type { Model } from './model';
import type { Settings } from './settings';

export type Severity = 'error' | 'warning' | 'info';

/** From the least severe to the most. */
export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error'];

/** Where something stands; a Cursor or a Directive is one. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface Problem {
  readonly at: Place;
  /** What is wrong with this very object, a sentence without its full stop. */
  readonly what: string;
  /** The mend. The snippet is made from it, unless one is given. */
  readonly changes?: readonly Change[];
  /** True if the mend is right whatever else there may be: then --fix makes it. */
  readonly certain?: boolean;
  /** The corrected text, if no change says it. */
  readonly snippet?: string;
}

/** File name → text. */
export type Example = Readonly<Record<string, string>>;

export interface Rule {
  /** Stable, kebab-case. */
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong, in a few words. */
  readonly title: string;
  /** Why, in one sentence. */
  readonly why: string;
  readonly source: Source;
  /** More for the rule's page, as Markdown. */
  readonly more?: string;
  /** When --fix mends it, in a few words; undefined: never. */
  readonly fixes?: string;
  readonly bad: Example;
  readonly good: Example;
  readonly check: (model: Model, settings: Settings) => readonly Problem[];
}

/** Where a fact is from. Without an address: seen by the project itself. */
export interface Source {
  readonly name: string;
  readonly url?: string;
}
