/** Owns the reading of a declarative configuration's file. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../../core/errors';
import type { ConfigEvidence } from '../evidence';

/** Never throws. */
export function readConfigFile(file: string, cwd: string): ConfigEvidence {
  try {
    return { source: file, text: readFileSync(path.resolve(cwd, file), 'utf8') };
  } catch (error) {
    return { source: file, text: '', failure: messageOf(error) };
  }
}
