/** The one image: what the containers of all manifests expect of it. No engine builds it here, so its text is read. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../harness/repository';
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
