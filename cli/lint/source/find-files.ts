/**
 * Owns the walk through directories. Invariant: each real file comes once, in the order of names; a loop of symbolic
 * links ends.
 */
import { type Stats, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../../core/errors';
import type { Note, Unreadable } from './sources';

const EXTENSIONS = new Set(['.yaml', '.yml', '.json', '.conf']);
const LEFT_OUT = new Set(['node_modules', '.git']);
/** Their JSON is no manifest. */
const LEFT_OUT_FILES = new Set(['package.json', 'package-lock.json', 'tsconfig.json']);

export interface FoundFiles {
  readonly files: readonly string[];
  readonly unreadable: readonly Unreadable[];
  readonly notes: readonly Note[];
}

/** Opens directories among the names (relative to `cwd`); `-` stays as it is. */
export function findFiles(names: readonly string[], cwd: string): FoundFiles {
  const files: string[] = [];
  const unreadable: Unreadable[] = [];
  const notes: Note[] = [];
  const seen = new Set<string>();

  const visit = (name: string, named: boolean): void => {
    const target = inspect(path.resolve(cwd, name));
    if ('problem' in target) {
      unreadable.push({ file: name, message: target.problem });
      return;
    }
    const { real, stats } = target;
    if (seen.has(real)) {
      if (stats.isDirectory()) notes.push({ file: name, line: 1, message: 'was read already' });
      return;
    }
    if (stats.isDirectory()) {
      seen.add(real);
      for (const child of list(name, real, unreadable)) visit(path.join(name, child), false);
    } else if (named || isWanted(name)) {
      seen.add(real);
      if (stats.isFile() || (named && stats.isFIFO())) files.push(name);
      else if (named) unreadable.push({ file: name, message: 'is no file and no directory' });
    }
  };
  for (const name of names) {
    if (name === '-') files.push(name);
    else visit(name, true);
  }
  return { files, unreadable, notes };
}

function inspect(file: string): { real: string; stats: Stats } | { problem: string } {
  try {
    return { real: realpathSync(file), stats: statSync(file) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { problem: 'does not exist' };
    if (code === 'ELOOP') return { problem: 'is a symbolic link that leads round in a circle' };
    return { problem: messageOf(error) };
  }
}

function list(name: string, dir: string, unreadable: Unreadable[]): string[] {
  try {
    return readdirSync(dir)
      .filter((child) => !LEFT_OUT.has(child))
      .sort();
  } catch (error) {
    unreadable.push({ file: name, message: messageOf(error) });
    return [];
  }
}

function isWanted(name: string): boolean {
  return EXTENSIONS.has(path.extname(name)) && !LEFT_OUT_FILES.has(path.basename(name));
}
