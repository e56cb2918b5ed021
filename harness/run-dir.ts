/** Owns the directory of one run, under which every process of that run works. Invariant: no two runs share one. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from './repository';

/** Kong's sockets in its prefix must stay below the 108 bytes of a unix socket's path (unix(7)). */
const LONGEST_PARENT = 50;

/** Makes a new directory `.run/NAME-…` in the repository; in the system's tmpdir where that path would be too long. */
export function createRunDir(name: string): string {
  const own = path.join(repositoryRoot, '.run');
  const parent = own.length > LONGEST_PARENT ? tmpdir() : own;
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(path.join(parent, `${name}-`));
}

/** Removes a run's directory; call it only when all went well, else its logs are what one wants to read. */
export function removeRunDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
}
