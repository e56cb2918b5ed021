/** `npm run docs:config`: writes the configuration tables into the documents (format them afterwards). */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../harness/repository';
import { documentsWithTables, withTables } from './config-tables';

for (const name of documentsWithTables) {
  const file = path.join(repositoryRoot, name);
  writeFileSync(file, withTables(readFileSync(file, 'utf8')));
}
