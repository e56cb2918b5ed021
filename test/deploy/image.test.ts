/** The one image: what the containers of all manifests expect of it. No engine builds it here, so its text is read. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compiledEntry, repositoryRoot } from '../../harness/repository';
import { envSchema } from '../../injector/config';

const dockerfile = readFileSync(path.join(repositoryRoot, 'Dockerfile'), 'utf8');

test('it is built on an exact version, and only what runs is in its last stage', () => {
  expect(dockerfile).toMatch(/^ARG NODE=\d+\.\d+\.\d+-[a-z]+-slim$/m);
  expect(dockerfile.match(/^FROM .*$/gm)).toEqual([
    'FROM node:${NODE} AS build',
    'FROM node:${NODE}',
  ]);
  expect(dockerfile).toContain('npm prune --omit=dev');
});

test('its user is not root, by number, and the one that sidecars are given', () => {
  const [, user] = /^USER (\d+):\d+$/m.exec(dockerfile) ?? [];
  expect(Number(user)).toBe(envSchema.shape.DRAIN_SIDECAR_USER.parse(undefined));
});

test('it has `ss`, with which the sidecar looks at its sockets', () => {
  expect(dockerfile).toMatch(/apt-get install .*iproute2/);
});

const entries = [
  ['sidecar/main.ts', '--help'],
  ['injector/main.ts', '--help'],
  ['plugin/server/main.ts', '--dump'],
  ['example/rt/main.ts', '--help'],
  ['cli/main.ts', '--help'],
] as const;

test.each(entries)('%s loads nothing that was left out of it', (entry, argument) => {
  const [, removed = ''] = /^RUN rm -rf (node_modules.*?) \\$/m.exec(dockerfile) ?? [];
  const names = removed.split(' ').map((folder) => path.basename(folder));
  expect(names).toContain('typescript');
  const code =
    'process.on("exit", () => process.stderr.write(Object.keys(require.cache).join("\\n")));' +
    'require(process.argv[1]);';
  const args = ['-e', code, compiledEntry(entry), argument];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status).toBe(0);
  const loaded = stderr.split('\n');
  expect(loaded).toContain(compiledEntry(entry));
  expect(loaded.filter((file) => names.some((name) => file.includes(`/${name}/`)))).toEqual([]);
});
