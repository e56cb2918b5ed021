/** Owns the version that `--version` and reports name: the package's. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** package.json lies beside cli/ in the sources and beside dist/ in a build. */
function packageFile(dir: string): string {
  const file = path.join(dir, 'package.json');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const parent = path.dirname(dir);
    if (parent === dir) throw error;
    return packageFile(parent);
  }
}

export const { version } = JSON.parse(packageFile(__dirname)) as { readonly version: string };
