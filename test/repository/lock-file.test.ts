import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../harness/repository';

interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lockFile = path.join(repositoryRoot, 'package-lock.json');
const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};

test('the lock names the packages of every platform; npm ci refuses it otherwise', () => {
  const missing = Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        !(`node_modules/${name}` in packages) && !(`${owner}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});

test('the lock names no registry, so that each machine takes its own', () => {
  const hosts = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
  expect(hosts).toEqual([]);
});
