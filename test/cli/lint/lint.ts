/** Owns how the tests lint texts. */
import { Linter } from '../../../cli/lint/lint-files';
import type { Example, Rule } from '../../../cli/lint/rule';
import { RULES } from '../../../cli/lint/rules/catalogue';
import { DEFAULTS, type Settings } from '../../../cli/lint/settings';
import { fixAll } from '../../../cli/lint/fix/fix-all';
import type { SourceText } from '../../../cli/lint/source/sources';

export function sourcesOf(files: Example): SourceText[] {
  return Object.entries(files).map(([file, text]) => ({
    file,
    text,
    format: file.endsWith('.conf') ? 'nginx' : 'yaml',
  }));
}

/** Findings of the given files; throws if one cannot be read. */
export function lint(
  files: Example,
  rules: readonly Rule[] = RULES,
  settings: Partial<Settings> = {},
) {
  const { findings, unreadable } = new Linter(rules, { ...DEFAULTS, ...settings }).lint(
    sourcesOf(files),
  );
  if (unreadable.length > 0) throw new Error(JSON.stringify(unreadable));
  return findings;
}

export function rulesOf(files: Example, settings: Partial<Settings> = {}): string[] {
  return [...new Set(lint(files, RULES, settings).map(({ rule }) => rule.id))].sort();
}

/** The texts after --fix. */
export function fixed(
  files: Example,
  rules: readonly Rule[] = RULES,
  settings: Partial<Settings> = {},
) {
  const linter = new Linter(rules, { ...DEFAULTS, ...settings });
  const { sources, mended } = fixAll(
    sourcesOf(files),
    (texts) => linter.lint(texts).findings,
    (text) => linter.parses(text),
  );
  return {
    files: Object.fromEntries(sources.map(({ file, text }) => [file, text])),
    mended: mended.map(({ rule }) => rule.id),
  };
}
