import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { cli } from '../run';

const URL = ['--url', 'http://127.0.0.1:1'];

test.each<[string, string[], RegExp]>([
  ['no --url', [], /--url: name the service/],
  ['a url without scheme', ['--url', 'shop.example'], /--url: must begin with http/],
  ['a url with a path', ['--url', 'http://a/b'], /--url: must be without a path/],
  ['no load', [...URL, '--get-rate', '0'], /there would be no load/],
  ['a bad rate', [...URL, '--get-rate', 'fast'], /--get-rate: must be a number from 0 to 20000/],
  ['a bad header', [...URL, '-H', 'nonsense'], /--header: "nonsense" must be like/],
  ['a bad time', [...URL, '--before', 'soon'], /--before: must be a time/],
  [
    'a bad threshold',
    [...URL, '--max-failed', '1.5'],
    /--max-failed: must be a whole number, or a share/,
  ],
  ['a path without slash', [...URL, '--get-path', 'x'], /--get-path: must begin with \//],
  [
    '--duration with a command',
    [...URL, '--duration', '1s', '--', 'true'],
    /--duration goes without a command/,
  ],
])('%s is refused with exit code 2', async (_, args, message) => {
  const { code, err } = await cli(['verify', ...args]);
  expect(err).toMatch(message);
  expect(code).toBe(2);
});

test('all mistakes are told at once', async () => {
  const { err } = await cli(['verify', '--url', 'x', '--uploads', '1.5', '--output', 'xml']);
  expect(err).toMatch(/--url[\s\S]*--uploads[\s\S]*--output/);
});

test('a service that does not answer is named before anything is rolled, with exit code 3', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  const { code, err } = await cli(['verify', '--url', url, '--', 'false']);
  expect(err).toContain(`GET ${url}/ failed before anything was rolled: refused`);
  expect(code).toBe(3);
});

test('--help has examples and the exit codes', async () => {
  const { code, out } = await cli(['verify', '--help']);
  expect(out).toMatch(/Examples:[\s\S]*kubectl rollout restart[\s\S]*Exit codes:[\s\S]*130/);
  expect(code).toBe(0);
});
