/** The example and the ways to it, judged by this project's own linter and injector. */
import path from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { repositoryRoot } from '../../harness/repository';
import { inject } from '../../injector/inject/inject';
import { cli } from '../cli/run';
import { lint } from '../cli/lint/lint';
import { applyPatch, settings } from '../injector/pods';
import { schemaErrors, type KubeObject } from './api-schema';
import { build, describeBuilt } from './kustomize';
import { exampleBehindIngress, ingressController } from './overlays';
import { find, podsOf } from './pods';
import { restrictedProblems } from './restricted';

test('the linter finds nothing in its files, as a user would ask it', async () => {
  const ran = await cli(['lint', '--fail-on', 'info', path.join(repositoryRoot, 'deploy/example')]);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.out).toMatch(/^No findings in \d+ files/);
});

describeBuilt('the linter', () => {
  const found = (objects: readonly KubeObject[]): string[] => {
    const text = objects.map((one) => stringify(one)).join('---\n');
    return lint({ 'built.yaml': text }).map(({ rule, what }) => `${rule.id}: ${what}`);
  };

  test('finds nothing in the example behind the DB-less Kong', () => {
    expect(found([...build('deploy/kong/dbless'), ...build('deploy/example')])).toEqual([]);
  });

  test("finds nothing in the example behind the ingress controller's Kong that is not Kong's own", () => {
    const rules = found([...ingressController(), ...exampleBehindIngress()]);
    expect(rules.filter((rule) => !/^(pdb-missing|spread-missing):/.test(rule))).toEqual([]);
  });

  test('finds nothing in injector and Redis', () => {
    expect(found(build('deploy/dev'))).toEqual([]);
  });
});

describeBuilt("the example's pod", () => {
  const objects = build('deploy/example');
  const [deployment] = podsOf(objects);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: Object.assign({ name: 'rt-1', namespace: 'example' }, deployment?.template.metadata),
    spec: deployment?.template.spec,
  } as unknown as V1Pod;
  const injection = inject(pod, settings, 'a-token');

  test('is injected without a warning, and what comes out is valid and restricted', () => {
    if (injection.kind !== 'injected') throw new Error(JSON.stringify(injection));
    expect(injection.warnings).toEqual([]);
    const injected = applyPatch(pod, injection.patch);
    expect(schemaErrors(injected as KubeObject)).toEqual([]);
    expect(restrictedProblems(injected.spec!)).toEqual([]);
    expect(injected.spec?.terminationGracePeriodSeconds).toBe(
      deployment?.template.spec?.terminationGracePeriodSeconds,
    );
    const env = injected.spec?.initContainers?.[0]?.env ?? [];
    const value = (name: string) => env.find((one) => one.name === name)?.value;
    expect(value('DRAIN_HEALTH_URL')).toBe('https://localhost:8080/health');
    expect(value('DRAIN_POOL')).toBe('rt');
  });

  test('is not kept from a free node by one that is cordoned or tainted', () => {
    const hard = (pod.spec?.topologySpreadConstraints ?? []).filter(
      ({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule',
    );
    expect(hard).toMatchObject([
      { topologyKey: 'kubernetes.io/hostname', nodeTaintsPolicy: 'Honor' },
    ]);
  });

  test('may read itself, so that the sidecar learns the grace of this deletion', () => {
    const { rules } = find(objects, 'Role', 'read-own-pod') as KubeObject & {
      rules: readonly object[];
    };
    expect(rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]);
    expect(deployment?.template.spec?.serviceAccountName).toBe('rt');
  });
});
