/** Owns one run of the rules over a model. Invariant: findings come in the order of file, line and rule, each once. */
import { ANNOTATIONS } from './annotations';
import type { Change } from './fix/change';
import { snippetOf } from './fix/snippet';
import type { Model } from './model';
import type { Place, Problem, Rule, Severity } from './rule';
import type { Settings } from './settings';
import { Cursor } from './yaml/cursor';

export class Finding {
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  /** What is wrong here, a sentence. */
  readonly what: string;

  constructor(
    readonly rule: Rule,
    private readonly problem: Problem,
  ) {
    this.severity = rule.severity;
    this.file = problem.at.file;
    this.line = problem.at.line;
    this.what = `${problem.what}.`;
  }

  /** What is wrong, why, and who says so. */
  get message(): string {
    return `${this.what} ${this.rule.why} (${this.rule.source.name})`;
  }

  /** The corrected snippet. */
  get fix(): string {
    return this.problem.snippet ?? snippetOf(this.problem.changes ?? []);
  }

  /** The certain mend; undefined if there is none. */
  get changes(): readonly Change[] | undefined {
    return this.problem.certain === true ? this.problem.changes : undefined;
  }
}

/** `lineText`: the text of a line, for the comments that switch rules off. */
export function runRules(
  rules: readonly Rule[],
  model: Model,
  settings: Settings,
  lineText: (place: Place) => readonly string[],
): Finding[] {
  const seen = new Set<string>();
  return rules
    .flatMap((rule) => rule.check(model, settings).map((problem) => ({ rule, problem })))
    .filter(({ rule, problem }) => !isIgnored(rule, problem, lineText))
    .map(({ rule, problem }) => new Finding(rule, problem))
    .filter(({ rule, file, line, what }) => {
      const key = `${rule.id}\n${file}\n${line}\n${what}`;
      return !seen.has(key) && seen.add(key);
    })
    .sort((a, b) => compare(a.file, b.file) || a.line - b.line || compare(a.rule.id, b.rule.id));
}

/** `# kong-drain-ignore rule, rule` on the line or the one before; or the annotation of the object round it. */
function isIgnored(
  rule: Rule,
  { at }: Problem,
  lineText: (place: Place) => readonly string[],
): boolean {
  const commented = lineText(at).some((line) => {
    const match = /#\s*kong-drain-ignore(?::|\s)\s*([\w, -]+)/.exec(line);
    return names(match?.[1], rule.id);
  });
  return commented || (at instanceof Cursor && annotated(at, rule.id));
}

function annotated(at: Cursor, id: string): boolean {
  const list = at.at('metadata', 'annotations', ANNOTATIONS.ignore.name).string();
  return names(list, id) || (at.parent !== undefined && annotated(at.parent, id));
}

function names(list: string | undefined, id: string): boolean {
  const words = list?.split(/[\s,]+/) ?? [];
  return words.includes(id) || words.includes('all');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
