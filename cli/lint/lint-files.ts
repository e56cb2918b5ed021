/** Owns one lint of some texts: parse (once for each text), model, rules. */
import { buildModel } from './build-model';
import { type Finding, runRules } from './engine';
import { type ParsedSource, parseSource } from './parse-source';
import type { Place, Rule } from './rule';
import type { Settings } from './settings';
import type { Note, SourceText, Unreadable } from './source/sources';

export interface LintResult {
  readonly findings: readonly Finding[];
  readonly unreadable: readonly Unreadable[];
  readonly notes: readonly Note[];
}

/** Keeps what it parsed, so that the passes of --fix parse only what changed. */
export class Linter {
  private readonly parsed = new WeakMap<SourceText, ParsedSource | Unreadable>();

  constructor(
    private readonly rules: readonly Rule[],
    private readonly settings: Settings,
  ) {}

  lint(sources: readonly SourceText[]): LintResult {
    const results = sources.map((source) => this.parse(source));
    const readable = results.filter((result) => 'source' in result);
    const unreadable = results.filter((result): result is Unreadable => !('source' in result));
    const { model, notes } = buildModel(readable);
    const findings = runRules(this.rules, model, this.settings, lineReader(sources));
    return { findings, unreadable, notes };
  }

  parses(source: SourceText): boolean {
    return 'source' in this.parse(source);
  }

  private parse(source: SourceText): ParsedSource | Unreadable {
    const known = this.parsed.get(source);
    if (known !== undefined) return known;
    const result = parseSource(source);
    this.parsed.set(source, result);
    return result;
  }
}

/** The text of a place's line, and of the line before. */
function lineReader(sources: readonly SourceText[]): (place: Place) => readonly string[] {
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  const ignoring = new Map<string, readonly string[]>();
  return ({ file, line }) => {
    let lines = ignoring.get(file);
    if (lines === undefined) {
      const text = texts.get(file) ?? '';
      lines = text.includes('kong-drain-ignore') ? text.split('\n') : [];
      ignoring.set(file, lines);
    }
    return lines.slice(Math.max(0, line - 2), line);
  };
}
