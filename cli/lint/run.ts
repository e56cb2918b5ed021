/** Owns a run of `kong-drain lint`: read, fix if asked, lint, report. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { DrainError, messageOf } from '../../core/errors';
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Finding } from './engine';
import { fixAll } from './fix/fix-all';
import { Linter, type LintResult } from './lint-files';
import type { LintOptions } from './options';
import { listRules } from './output/list-rules';
import { print } from './output/print';
import { readFiles } from './source/read-files';
import type { Gathered, SourceText } from './source/sources';
import { SEVERITIES } from './rule';

/** Throws `CANNOT_WRITE` when --fix cannot write a file. */
export async function runLint(options: LintOptions, context: CliContext): Promise<ExitCode> {
  if (options.listRules) {
    context.out(listRules(options.rules, options.output));
    return EXIT.clean;
  }
  const gathered = await readFiles(options.files, context.cwd, context.readStdin);
  const linter = new Linter(options.rules, options.settings);
  const { sources, mended } = options.fix
    ? fixAll(
        gathered.sources,
        (texts) => linter.lint(texts).findings,
        (text) => linter.parses(text),
      )
    : { sources: gathered.sources, mended: [] };
  const changed = sources.filter((source, index) => source !== gathered.sources[index]);

  if (options.fix && options.dryRun) {
    const result = linter.lint(gathered.sources);
    context.out(diffOf(gathered.sources, changed));
    context.err(`--fix would mend ${mended.length} of ${result.findings.length} findings.\n`);
    tell(gathered, result, options, context);
    return exitCode(gathered, result, options);
  }
  for (const { file, text } of changed) write(file, text, context);
  tellMended(mended, context);
  const result = linter.lint(sources);
  tell(gathered, result, options, context);
  context.out(print(result.findings, { ...options, files: sources.length }, context));
  return exitCode(gathered, result, options);
}

function diffOf(before: readonly SourceText[], changed: readonly SourceText[]): string {
  return changed
    .map(({ file, text }) => {
      const old = before.find((source) => source.file === file)?.text ?? '';
      return createTwoFilesPatch(file, file, old, text, 'as it is', 'mended', { context: 3 });
    })
    .join('');
}

function write(file: string, text: string, { cwd }: CliContext): void {
  try {
    writeFileSync(path.resolve(cwd, file), text);
  } catch (error) {
    throw new DrainError('CANNOT_WRITE', `${file} cannot be written: ${messageOf(error)}`);
  }
}

function tellMended(mended: readonly Finding[], { err }: CliContext): void {
  for (const { file, line, rule, what } of mended)
    err(`mended ${file}:${line}: ${rule.id}: ${what}\n`);
}

function tell(
  gathered: Gathered,
  { unreadable, notes }: LintResult,
  { verbose }: LintOptions,
  { err }: CliContext,
): void {
  for (const { file, line, message } of [...gathered.unreadable, ...unreadable]) {
    err(`error: ${file}${line === undefined ? '' : `:${line}`}: ${message}\n`);
  }
  const all = [...gathered.notes, ...notes];
  if (verbose)
    for (const { file, line, message } of all) err(`note: ${file}:${line}: ${message}\n`);
}

function exitCode(
  gathered: Gathered,
  { findings, unreadable }: LintResult,
  { failOn }: LintOptions,
): ExitCode {
  if (gathered.unreadable.length + unreadable.length > 0) return EXIT.unreadable;
  if (failOn === 'never') return EXIT.clean;
  const least = SEVERITIES.indexOf(failOn);
  const bad = findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= least);
  return bad ? EXIT.found : EXIT.clean;
}
