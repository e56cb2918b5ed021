import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fixed, lint, rulesOf } from './lint';

const dir = path.join(__dirname, 'fixtures', 'bad');
const expected = JSON.parse(
  readFileSync(path.join(__dirname, 'fixtures', 'bad-expected.json'), 'utf8'),
) as Record<string, string[]>;
const files = readdirSync(dir);

test('there are at least 30 of them', () => {
  expect(files.length).toBeGreaterThanOrEqual(30);
  expect(Object.keys(expected)).toEqual(files);
});

describe.each(files)('%s', (file) => {
  const input = { [file]: readFileSync(path.join(dir, file), 'utf8') };

  test('has exactly the findings that it was written for', () => {
    const found = lint(input).map(({ line, rule }) => `${line} ${rule.id}`);
    expect(found).toEqual(expected[file]);
  });

  test('is mended without a comment or line lost, and no finding comes anew', () => {
    const before = rulesOf(input);
    const { files: after, mended } = fixed(input);
    expect(before).toEqual(expect.arrayContaining(rulesOf(after)));
    const left = lint(after).length;
    expect(left).toBeLessThanOrEqual(lint(input).length - mended.length);
    const comments = (text: string) => text.match(/#.*/g) ?? [];
    expect(comments(after[file] ?? '')).toEqual(comments(input[file] ?? ''));
  });
});
