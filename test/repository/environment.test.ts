/** What a suite opens in the whole process is closed before the next one runs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const dir = mkdtempSync(path.join(tmpdir(), 'suites-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Suites share the modules of Node.js itself: by them each finds what the one before it left. */
const SUITE = `
  const { AsyncLocalStorage } = require('node:async_hooks');
  test('nothing is left of the suite before', () => {
    const { left } = AsyncLocalStorage;
    AsyncLocalStorage.left = new AsyncLocalStorage();
    AsyncLocalStorage.left.run({}, () => undefined);
    if (left && left.enabled) throw new Error('its AsyncLocalStorage still makes every promise dearer');
  });`;

test('an AsyncLocalStorage that a suite used is disabled after it', () => {
  for (const name of ['one', 'other']) writeFileSync(path.join(dir, `${name}.test.js`), SUITE);
  const config = {
    rootDir: dir,
    testEnvironment: path.join(__dirname, '..', 'environment.ts'),
    transform: { '\\.ts$': [require.resolve('@swc/jest'), { jsc: { target: 'es2023' } }] },
  };
  const { status, stderr } = spawnSync(
    process.execPath,
    [require.resolve('jest/bin/jest'), '--runInBand', '--config', JSON.stringify(config)],
    { cwd: dir, encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '0' } },
  );
  expect(stderr).toContain('2 passed, 2 total');
  expect(status).toBe(0);
});
