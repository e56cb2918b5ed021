import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runtime, service } from '../../../cli/lint/rules/examples';
import { cli } from '../run';

let dir = '';
beforeAll(() => (dir = mkdtempSync(path.join(tmpdir(), 'lint-speed-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('1,000 manifests take less than 3 s', async () => {
  for (let index = 0; index < 1000; index += 1) {
    const text =
      index % 2 === 0 ? runtime({ pod: 'terminationGracePeriodSeconds: 60' }) : service();
    const named = text.replaceAll(/\brt\b/g, `rt-${Math.floor(index / 2)}`);
    writeFileSync(path.join(dir, `${index}.yaml`), named);
  }
  // Of the processor: other processes on a shared machine do not count.
  const start = process.cpuUsage();
  const { code } = await cli(['lint', '.', '-o', 'json'], { cwd: dir });
  const { user, system } = process.cpuUsage(start);
  expect(code).toBe(1);
  expect((user + system) / 1000).toBeLessThan(3000);
});

test('a file of 5 MB is linted in bounded time', async () => {
  const one = runtime({}).replaceAll(/\brt\b/g, 'many');
  const file = path.join(dir, 'big.yaml');
  writeFileSync(
    file,
    Array.from({ length: Math.ceil(5_000_000 / one.length) }, () => one).join('---\n'),
  );
  const start = process.cpuUsage();
  const { code, err } = await cli(['lint', 'big.yaml', '-o', 'json', '--rules', 'hook-missing'], {
    cwd: dir,
  });
  expect({ code, err }).toEqual({ code: 1, err: '' });
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1_000_000).toBeLessThan(30);
});

test('so is a ConfigMap of 5 MB, and one mapping of 100,000 keys', async () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, index) => `  key-${index}: 'some value that is of no use at all ${index}'`,
  );
  const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n${lines.join('\n')}\n`;
  expect(text.length).toBeGreaterThan(5_000_000);
  writeFileSync(path.join(dir, 'map.yaml'), text);
  const start = process.cpuUsage();
  expect(await cli(['lint', 'map.yaml'], { cwd: dir })).toMatchObject({ code: 0, err: '' });
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1_000_000).toBeLessThan(30);
});
