/** `npm run docs:lint`: writes docs/lint/, and takes away the pages of rules that are no more. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pages } from './pages';

const dir = path.resolve('docs', 'lint');
const written = pages();
mkdirSync(dir, { recursive: true });
for (const file of readdirSync(dir)) {
  if (file.endsWith('.md') && !written.has(file)) rmSync(path.join(dir, file));
}
for (const [file, text] of written) writeFileSync(path.join(dir, file), text);
