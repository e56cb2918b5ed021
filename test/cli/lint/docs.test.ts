import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pages } from '../../../cli/lint/docs/pages';
import { repositoryRoot } from '../../../harness/repository';

const dir = path.join(repositoryRoot, 'docs', 'lint');

/** Prettier lays tables, lists and snippets out anew; their words stay. */
const bare = (text: string): string =>
  text
    .replace(/-{3,}/g, '---')
    .replace(/[*_]/g, '')
    .replace(/["']/g, '"')
    .replace(/,(?=\s*[\]}])/g, '')
    .replace(/\s+/g, '');

test('docs/lint has a page for each rule, and no other', () => {
  expect(readdirSync(dir).sort()).toEqual([...pages().keys()].sort());
});

test.each([...pages()])(
  'docs/lint/%s is as the rules have it (npm run docs:lint)',
  (file, text) => {
    expect(bare(readFileSync(path.join(dir, file), 'utf8'))).toBe(bare(text));
  },
);
