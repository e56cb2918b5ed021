/** What the injector may do in the cluster is what its code does, call by call. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../harness/repository';
import { parseConfig } from '../../injector/config';
import type { KubeObject } from './api-schema';
import { describeBuilt } from './kustomize';
import { withComponents } from './overlays';
import { containerOf, envOf, find } from './pods';

const folder = path.join(repositoryRoot, 'injector');
const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(folder, file), 'utf8'))
  .join('\n');

const VERBS: Readonly<Record<string, string>> = { read: 'get', replace: 'update' };
const CALL =
  /\b(?:core|admission|leases)\.(read|list|create|replace|patch|delete)(?:Namespaced)?([A-Z]\w*?)(?:ForAllNamespaces)?\(/g;

/** `verb resource` of each call of the API in the code. */
const called = new Set([
  ...[...code.matchAll(CALL)].map(([, verb = '', kind = '']) => {
    return `${VERBS[verb] ?? verb} ${kind.toLowerCase()}s`;
  }),
  ...[...code.matchAll(/\.watch\('\/api\/v1\/(\w+)'/g)].map(([, plural = '']) => `watch ${plural}`),
]);

interface Rules {
  readonly rules: readonly {
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

describeBuilt('the injector', () => {
  const base = withComponents([]);
  const roles = ['ClusterRole', 'Role'].map(
    (kind) => find(base, kind, 'kong-drain-injector') as KubeObject & Rules,
  );
  const rules = roles.flatMap((role) => role.rules);
  const granted = new Set(
    rules.flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    ),
  );

  test('may do what its code does, but create what the manifests have made, and nothing else', () => {
    const made = ['create secrets', 'create leases'];
    expect([...called]).toEqual(expect.arrayContaining(made));
    expect([...granted].sort()).toEqual([...called].filter((one) => !made.includes(one)).sort());
  });

  test('is limited to its own objects where a rule can be, by the names that it is configured with', () => {
    const container = containerOf(base, 'kong-drain-injector', 'injector');
    const config = parseConfig({
      ...envOf(container),
      DRAIN_REDIS_URL: '',
      DRAIN_REDIS_OPTIONS: '',
    });
    const named = Object.fromEntries(
      rules
        .flatMap(({ resources, resourceNames }) =>
          resources.map((resource) => [resource, resourceNames] as const),
        )
        .filter(([, names]) => names),
    );
    expect(named).toEqual({
      secrets: [config.DRAIN_TLS_SECRET],
      leases: [config.DRAIN_LEADER_LEASE],
      mutatingwebhookconfigurations: [config.DRAIN_WEBHOOK_CONFIGURATION],
    });
    for (const [kind, name = ''] of [
      ['Secret', config.DRAIN_TLS_SECRET],
      ['Lease', config.DRAIN_LEADER_LEASE],
    ] as const) {
      expect(find(base, kind, name).metadata.namespace).toBe('kong-drain');
    }
  });

  test('is the one whom the roles are bound to', () => {
    interface Binding {
      readonly subjects: readonly { kind: string; name: string; namespace: string }[];
      readonly roleRef: { readonly kind: string; readonly name: string };
    }
    const subject = {
      kind: 'ServiceAccount',
      name: 'kong-drain-injector',
      namespace: 'kong-drain',
    };
    for (const role of roles) {
      const binding = find(base, `${role.kind}Binding`, role.metadata.name) as KubeObject & Binding;
      expect(binding.subjects).toEqual([subject]);
      expect(binding.roleRef).toMatchObject({ kind: role.kind, name: role.metadata.name });
    }
    expect(serviceAccountOf(base)).toBe(subject.name);
  });
});

function serviceAccountOf(objects: readonly KubeObject[]): string | undefined {
  const { spec } = find(objects, 'Deployment', 'kong-drain-injector') as KubeObject & {
    spec: { template: { spec: { serviceAccountName?: string } } };
  };
  return spec.template.spec.serviceAccountName;
}
