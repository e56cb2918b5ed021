/** Every kustomization and every combination of components: it builds, the API knows each field, and names resolve. */
import { schemaErrors, type KubeObject } from './api-schema';
import { buildOverlay, describeBuilt } from './kustomize';
import { exampleBehindIngress, ingressController, overlays, withComponents } from './overlays';
import { envOf, find, containerOf, podsOf } from './pods';
import { restrictedProblems } from './restricted';

const CLUSTER_WIDE = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'].concat(
  'MutatingWebhookConfiguration',
);

test('the check knows the API: a misspelt field, a wrong type and a missing one are told', () => {
  const metadata = { name: 'x' };
  const spec = { selector: {}, template: { spec: { container: [] } }, replicas: '2' };
  expect(
    schemaErrors({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec } as never),
  ).toEqual(
    expect.arrayContaining([
      'Deployment x/spec/replicas must be integer',
      expect.stringMatching(/container$/),
      "Deployment x/spec/template/spec must have required property 'containers'",
    ]),
  );
  expect(schemaErrors({ apiVersion: 'apps/v2', kind: 'Deployment', metadata })).toHaveLength(1);
});

describeBuilt('kustomize', () => {
  describe.each(overlays)('%s', (_name, make) => {
    let objects: KubeObject[];
    beforeAll(() => {
      objects = make();
    });

    test('is valid by the API, each field of it', () => {
      expect(objects.flatMap((object) => schemaErrors(object))).toEqual([]);
    });

    test('says of each object in which namespace it is, and no object twice', () => {
      const ids = objects.map(({ kind, metadata }) => {
        const { namespace, name } = metadata;
        expect([kind, name, namespace === undefined]).toEqual([
          ...[kind, name, CLUSTER_WIDE.includes(kind)],
        ]);
        return `${kind} ${namespace ?? ''}/${name}`;
      });
      expect(new Set(ids).size).toBe(ids.length);
    });

    test('has only pods that pass Pod Security "restricted"', () => {
      const problems = podsOf(objects)
        .filter(({ workload }) => workload.metadata.name !== 'proxy-kong') // Kong's own manifest
        .flatMap(({ workload, template }) =>
          restrictedProblems(template.spec!).map((what) => `${workload.metadata.name}: ${what}`),
        );
      expect(problems).toEqual([]);
    });

    test('refers to ports, volumes, Secrets and ConfigMaps that are there', () => {
      expect(podsOf(objects).flatMap((pod) => dangling(pod, objects))).toEqual([]);
    });

    test('gives every container its requests and a limit of memory', () => {
      const without = podsOf(objects)
        .filter(({ workload }) => workload.metadata.name !== 'proxy-kong')
        .flatMap(({ containers }) => containers)
        .filter(({ resources }) => {
          const { cpu, memory } = resources?.requests ?? {};
          return !cpu || !memory || !resources?.limits?.memory;
        });
      expect(without.map(({ name }) => name)).toEqual([]);
    });
  });

  test('an image that is renamed is renamed everywhere, the sidecar with it', () => {
    const images = [{ name: 'kong-drain', newName: 'registry.example/kd', newTag: '9' }];
    const objects = buildOverlay({
      resources: ['deploy', 'deploy/kong/dbless', 'deploy/example'],
      images,
    });
    const used = podsOf(objects).flatMap(({ containers }) => containers.map(({ image }) => image));
    expect([...new Set(used)].sort()).toEqual(['kong:3.9', 'registry.example/kd:9']);
    // Unset it is the injector's own image.
    const env = envOf(containerOf(objects, 'kong-drain-injector', 'injector'));
    expect(env).not.toHaveProperty('DRAIN_SIDECAR_IMAGE');
  });

  test("with cert-manager the injector writes neither Secret nor webhook, and serves cert-manager's files", () => {
    const objects = withComponents(['cert-manager']);
    expect(() => find(objects, 'Secret', 'kong-drain-tls')).toThrow();
    const rules = objects.flatMap((object) => ('rules' in object ? [object.rules] : []));
    expect(JSON.stringify(rules)).not.toMatch(/secrets|mutatingwebhookconfigurations/);
    const container = containerOf(objects, 'kong-drain-injector', 'injector');
    const mount = container.volumeMounts?.find(({ name }) => name === 'tls');
    expect(envOf(container).DRAIN_TLS_DIR).toBe(mount?.mountPath);
    interface Certificate {
      readonly spec: { readonly secretName: string; readonly dnsNames: readonly string[] };
    }
    const certificate = find(objects, 'Certificate', 'kong-drain-injector') as KubeObject &
      Certificate;
    const { volumes } = podsOf(objects)[0]?.template.spec ?? {};
    expect(volumes).toEqual([{ name: 'tls', secret: { secretName: certificate.spec.secretName } }]);
    expect(certificate.spec.dnsNames.join(',')).toBe(envOf(container).DRAIN_WEBHOOK_NAMES);
    const webhook = find(objects, 'MutatingWebhookConfiguration', 'drain-injector');
    expect(webhook.metadata.annotations).toEqual({
      'cert-manager.io/inject-ca-from': 'kong-drain/kong-drain-injector',
    });
  });

  test("the data plane's patch reaches the ingress controller's Kong, and replaces its hook", () => {
    const proxy = containerOf(ingressController(), 'proxy-kong', 'proxy');
    expect(envOf(proxy)).toMatchObject({ KONG_DATABASE: 'off', KONG_PLUGINSERVER_NAMES: 'drain' });
    const [shell, , hook] = proxy.lifecycle?.preStop?.exec?.command ?? [];
    expect(shell).toBe('sh');
    expect(hook).toContain('kong quit --wait=15');
    const { DRAIN_OVER_FILE: over = '' } = envOf(
      containerOf(ingressController(), 'proxy-kong', 'drain-registry'),
    );
    expect(over).not.toBe('');
    expect(hook).toContain(`[ ! -e ${over} ]`);
    expect(proxy.ports).toEqual([{ name: 'proxy', containerPort: 8000 }]);
  });

  test('behind the ingress controller, plugins are named as they are called', () => {
    const objects = [...ingressController(), ...exampleBehindIngress()];
    const plugins = objects.filter(({ kind }) => kind === 'KongPlugin');
    const called = objects.flatMap(({ metadata: { annotations, namespace } }) =>
      (annotations?.['konghq.com/plugins'] ?? '')
        .split(',')
        .flatMap((name) => (name === '' ? [] : [`${namespace ?? ''}/${name}`])),
    );
    expect(called.sort()).toEqual(
      plugins.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`).sort(),
    );
  });
});

/** Secrets that a user makes (docs/redis-access.md), or that the tool behind a component does. */
const MADE_ELSEWHERE = /^(kong-drain-redis|kong-drain-serving|kong-drain-console)$/;

function dangling(
  { workload, template, containers }: ReturnType<typeof podsOf>[0],
  objects: KubeObject[],
) {
  const { namespace, name } = workload.metadata;
  const has = (kind: string, wanted: string | undefined): boolean =>
    objects.some(
      (object) =>
        object.kind === kind &&
        object.metadata.name === wanted &&
        object.metadata.namespace === namespace,
    );
  const { volumes = [] } = template.spec ?? {};
  const claims = 'volumeClaimTemplates' in (workload as { spec?: object }).spec! ? ['data'] : [];
  const mounted = containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts.map((one) => one.name),
  );
  const ports = containers.flatMap(({ ports = [] }) => ports.map((port) => port.name));
  const probed = containers.flatMap((one) => [
    one.startupProbe,
    one.readinessProbe,
    one.livenessProbe,
  ]);
  const secrets = [
    ...volumes.map(({ secret }) => secret?.secretName),
    ...containers.flatMap(({ env = [] }) => env.map((one) => one.valueFrom?.secretKeyRef?.name)),
  ];
  const maps = volumes.map(({ configMap }) => configMap?.name);
  const names = [...volumes.map((volume) => volume.name), ...claims];
  return [
    ...mounted.filter((one) => !names.includes(one)),
    ...names.filter((one) => !mounted.includes(one)),
    ...probed
      .map((probe) => probe?.httpGet?.port ?? probe?.tcpSocket?.port)
      .filter((port) => typeof port === 'string' && !ports.includes(port)),
    ...secrets.filter((one) => one && !MADE_ELSEWHERE.test(one) && !has('Secret', one)),
    ...maps.filter((one) => one && !has('ConfigMap', one)),
  ].map((what) => `${name}: ${String(what)}`);
}
