/** What README.md tells a user to add for a Deployment of their own, as the example has it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../harness/repository';
import { aclLines } from '../registry/acl-users';

const read = (file: string): string => readFileSync(path.join(repositoryRoot, file), 'utf8');
const readme = read('README.md');

/** What is rt's, as the pool `shop` would have it. */
const renamed = (text: string): string => text.replace(/\brt\b/g, 'shop');

test("the sidecars' user has the rights of the example's, and the Secret logs in as it", () => {
  const rt = aclLines().find((line) => line.startsWith('user sidecar-rt '));
  expect(readme.split('\n')).toContain(renamed(rt ?? '?'));
  const [, user, password] =
    /url=redis:\/\/(sidecar-shop):([^@]+)@redis\.kong-drain\.svc:6379/.exec(readme) ?? [
      undefined,
      '?',
      '?',
    ];
  expect(readme).toContain(`\nuser ${user} on >${password} `);
});

interface Declarative {
  readonly upstreams: readonly object[];
  readonly services: readonly { readonly protocol?: string; readonly routes: readonly object[] }[];
}

test("Kong's Service is the example's, but in plain HTTP and on a path of its own", () => {
  const shown = /```yaml\n(upstreams:\n {2}- name: shop\.upstream[\s\S]*?)```/.exec(readme)?.[1];
  const own = parse(shown ?? '') as Declarative;
  const { upstreams, services } = parse(
    renamed(read('deploy/kong/dbless/kong.yml')).replace('shop.example.svc', 'shop.shop.svc'),
  ) as Declarative;
  expect(own.upstreams).toEqual(upstreams);
  const routes = [{ name: 'shop', paths: ['/shop'] }];
  expect(own.services.map((service) => ({ ...service, protocol: 'https' }))).toEqual(
    services.map((service) => ({ ...service, routes })),
  );
});
