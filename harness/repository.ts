/**
 * Owns where the repository's files are, from the sources (jest) as from dist/.
 * Invariant: processes are only ever started from compiled entries.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { DrainError } from '../core/errors';

/** The repository's top level, absolute. */
export const repositoryRoot = findRoot(__dirname);

/** The compiled entry of a source path such as `sidecar/main.ts`. Throws `NOT_BUILT`. */
export function compiledEntry(source: string): string {
  const entry = path.join(repositoryRoot, 'dist', source.replace(/\.ts$/, '.js'));
  if (!existsSync(entry)) {
    throw new DrainError('NOT_BUILT', `${entry} is missing: run "npm run build" first`);
  }
  return entry;
}

function findRoot(from: string): string {
  if (existsSync(path.join(from, 'package.json'))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new DrainError('NO_REPOSITORY', 'no package.json above the harness');
  return findRoot(parent);
}
