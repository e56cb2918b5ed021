/** That docs, development Redis and the Secrets that log in to it speak of the same users. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../harness/repository';
import { aclLines, aclUser } from '../registry/acl-users';

const read = (file: string): string => readFileSync(path.join(repositoryRoot, file), 'utf8');

test('docs/redis-access.md shows the rules of the file, and no password', () => {
  const shown = /^```\n(user default [\s\S]*?)^```/m.exec(read('docs/redis-access.md'))?.[1];
  const rules = aclLines().map((line) => line.replace(/>\S+/, '>PASSWORD'));
  expect(shown?.trimEnd().split('\n')).toEqual(rules);
});

interface Generated {
  readonly secretGenerator: readonly { readonly literals: readonly string[] }[];
}

function literals(kustomization: string): string[] {
  const { secretGenerator } = parse(read(kustomization)) as Generated;
  return secretGenerator.flatMap((secret) => secret.literals);
}

test.each([
  ['controller', [read('deploy/components/redis/controller.env').trim()]],
  ['viewer', [read('deploy/components/redis/console.env').trim()]],
  ['gateway', literals('deploy/dev/kustomization.yaml')],
  ['sidecar-rt', literals('deploy/dev/example/kustomization.yaml')],
])('the %s logs in as its user', (name, [literal = '', ...others]) => {
  expect(others).toEqual([]);
  const url = new URL(literal.replace(/^url=/, ''));
  expect([url.username, url.password]).toEqual([name, aclUser(name).password]);
  expect(url.host).toBe('redis.kong-drain.svc:6379');
});
