/** What the manifests say of the processes, as the processes have it: variables, ports, paths, names. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { V1Container } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { parseConfig as parseRuntime } from '../../example/rt/config';
import { repositoryRoot } from '../../harness/repository';
import { INJECTED_LABEL, NAMESPACE_ENABLED, NAMESPACE_LABEL } from '../../injector/annotations';
import { parseConfig as parseInjector } from '../../injector/config';
import { parseConfig as parsePluginServer } from '../../plugin/server/config';
import type { KubeObject } from './api-schema';
import { build, describeBuilt } from './kustomize';
import { ingressController, withComponents } from './overlays';
import { containerOf, envOf, find, podsOf } from './pods';

const read = (file: string): string => readFileSync(path.join(repositoryRoot, file), 'utf8');

/** What a container would be given, with something in place of what comes from the pod or from a Secret. */
function environment({ env = [] }: V1Container): Record<string, string> {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [
      name,
      valueFrom === undefined
        ? (value ?? '')
        : name.endsWith('_URL')
          ? 'redis://redis:6379'
          : name.endsWith('_OPTIONS')
            ? '{}'
            : 'somename',
    ]),
  );
}

const PARSERS: Readonly<Record<string, (env: NodeJS.ProcessEnv) => object>> = {
  'dist/injector/main.js': parseInjector,
  'dist/plugin/server/main.js': parsePluginServer,
  'dist/example/rt/main.js': parseRuntime,
};

const entryOf = ({ command = [] }: V1Container): string | undefined =>
  /dist\/[\w/]+\.js/.exec(command.join(' '))?.[0];

describeBuilt('the manifests', () => {
  const base = withComponents([]);
  const dbless = build('deploy/kong/dbless');
  const example = build('deploy/example');
  const redis = withComponents(['redis']);
  const injector = containerOf(base, 'kong-drain-injector', 'injector');
  const config = parseInjector(environment(injector));
  const portOf = (listen: string): number => Number(listen.split(':').at(-1));
  const numbered = ({ ports = [] }: V1Container): Record<string, number> =>
    Object.fromEntries(ports.map(({ name = '', containerPort }) => [name, containerPort]));

  const started = [...base, ...dbless, ...example, ...withComponents(['cert-manager'])]
    .flatMap((object) => podsOf([object]).flatMap(({ containers }) => containers))
    .filter((container) => entryOf(container) !== undefined)
    .map((container, index) => [`${container.name} (${index})`, container] as const);

  test.each(started)('%s knows every variable that it is given', (_name, container) => {
    const entry = entryOf(container) ?? '';
    expect(
      existsSync(path.join(repositoryRoot, entry.replace('dist/', '').replace('.js', '.ts'))),
    ).toBe(true);
    const parser = PARSERS[entry];
    expect(() => parser?.(environment(container))).not.toThrow();
    expect(parser).toBeDefined();
    expect(() =>
      parser?.({ ...environment(container), DRAIN_NO_SUCH: '1', RT_NO_SUCH: '1' }),
    ).toThrow();
  });

  test('ports are those that the processes listen on', () => {
    expect(numbered(injector)).toEqual({
      webhook: portOf(config.DRAIN_WEBHOOK_LISTEN),
      metrics: portOf(config.DRAIN_METRICS_LISTEN),
    });
    const server = containerOf(dbless, 'kong', 'drain-registry');
    const { DRAIN_METRICS_LISTEN = '', DRAIN_SYNC_URL = '' } = envOf(server);
    expect(numbered(server)).toEqual({ 'drain-metrics': portOf(DRAIN_METRICS_LISTEN) });
    const proxy = containerOf(dbless, 'kong', 'proxy');
    expect(numbered(proxy).proxy).toBe(Number(new URL(DRAIN_SYNC_URL).port));
    const runtime = containerOf(example, 'rt', 'rt');
    expect(numbered(runtime)).toEqual({ https: parseRuntime(environment(runtime)).listen.port });
  });

  interface Webhooks {
    readonly webhooks: readonly {
      readonly clientConfig: { readonly service: Readonly<Record<string, string | number>> };
      readonly namespaceSelector: {
        readonly matchLabels: Readonly<Record<string, string>>;
        readonly matchExpressions: readonly { key: string; operator: string; values: string[] }[];
      };
      readonly [field: string]: unknown;
    }[];
  }
  interface Ports {
    readonly spec: { readonly ports: readonly { port: number; targetPort: string }[] };
  }
  const webhookConfiguration = find(
    base,
    'MutatingWebhookConfiguration',
    'drain-injector',
  ) as KubeObject & Webhooks;
  const [webhook] = webhookConfiguration.webhooks;

  test('the webhook leads to the injector, by a name that its certificate holds', () => {
    const { namespace, name, port, path: route } = webhook?.clientConfig.service ?? {};
    const service = find(base, 'Service', String(name)) as KubeObject & Ports;
    expect(service.metadata.namespace).toBe(namespace);
    expect(service.spec.ports).toEqual([expect.objectContaining({ port, targetPort: 'webhook' })]);
    expect(config.names).toEqual([`${String(name)}.${String(namespace)}.svc`]);
    expect(read('injector/webhook/server.ts')).toContain(`'${String(route)}',`);
    expect(config.DRAIN_WEBHOOK_CONFIGURATION).toBe(webhookConfiguration.metadata.name);
    expect(webhook).toMatchObject({ failurePolicy: 'Ignore', reinvocationPolicy: 'IfNeeded' });
  });

  test("it runs before the meshes' webhooks", () => {
    const names = [webhookConfiguration.metadata.name, 'istio-sidecar-injector', 'linkerd-proxy'];
    expect([...names].sort()).toEqual(names);
  });

  test('it sees the namespaces that opt in, never its own, not even with the label', () => {
    const { matchLabels, matchExpressions } = webhook!.namespaceSelector;
    const sees = (labels: Readonly<Record<string, string>>): boolean =>
      Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
      matchExpressions.every(({ key, operator, values }) => {
        expect(operator).toBe('NotIn');
        return !values.includes(labels[key] ?? '');
      });
    const labelsOf = (objects: readonly KubeObject[], name: string) => ({
      ...find(objects, 'Namespace', name).metadata.labels,
      'kubernetes.io/metadata.name': name,
    });
    expect(sees(labelsOf(example, 'example'))).toBe(true);
    expect(sees(labelsOf(base, 'kong-drain'))).toBe(false);
    expect(sees({ ...labelsOf(base, 'kong-drain'), [NAMESPACE_LABEL]: NAMESPACE_ENABLED })).toBe(
      false,
    );
  });

  test('Redis lets in whom the injector and the patches label', () => {
    const policy = JSON.stringify(find(redis, 'NetworkPolicy', 'redis'));
    for (const pods of [dbless, ingressController()]) {
      const [kong] = podsOf(pods);
      expect(kong?.template.metadata?.labels).toMatchObject({ 'kong-drain.dev/gateway': 'true' });
    }
    for (const label of ['kong-drain.dev/gateway', INJECTED_LABEL]) {
      expect(policy).toContain(`{"${label}":"true"}`);
    }
    expect(policy).toContain(`{"${NAMESPACE_LABEL}":"${NAMESPACE_ENABLED}"}`);
  });

  test("what keeps a pod back names the pod's own labels", () => {
    for (const objects of [redis, dbless, example]) {
      for (const { workload, template } of podsOf(objects)) {
        const labels = template.metadata?.labels ?? {};
        const { spec } = workload as unknown as { spec: { selector: { matchLabels: object } } };
        expect(labels).toMatchObject(spec.selector.matchLabels);
        for (const { labelSelector } of template.spec?.topologySpreadConstraints ?? []) {
          expect(labels).toMatchObject(labelSelector?.matchLabels ?? { none: true });
        }
        if (workload.kind !== 'Deployment') continue;
        const budget = find(
          objects,
          'PodDisruptionBudget',
          workload.metadata.name,
        ) as KubeObject & { spec: { selector: { matchLabels: object } } };
        expect(labels).toMatchObject(budget.spec.selector.matchLabels);
      }
    }
  });

  test('Kong is told what docker-compose.yml tells it', () => {
    const compose = parse(read('docker-compose.yml'), { merge: true }) as {
      services: { kong: { environment: Record<string, string> } };
    };
    const { KONG_LUA_PACKAGE_PATH: where = '', ...asked } = compose.services.kong.environment;
    const ours = Object.fromEntries(
      Object.entries(asked).filter(([name]) => /PLUGIN|SHARED_DICT/.test(name)),
    );
    const proxy = containerOf(dbless, 'kong', 'proxy');
    expect(Object.keys(ours)).toHaveLength(5);
    expect(envOf(proxy)).toMatchObject(ours);
    expect(envOf(proxy).KONG_LUA_PACKAGE_PATH).toContain(where.replace(/;;$/, ''));
  });

  test('its plugin comes from the image, its socket from the plugin server, which outlives it', () => {
    const proxy = containerOf(dbless, 'kong', 'proxy');
    const copy = containerOf(dbless, 'kong', 'drain-plugin');
    const server = containerOf(dbless, 'kong', 'drain-registry');
    const [, , from = '', to = ''] = copy.command ?? [];
    const folder = from.replace('/.', '');
    expect(read('Dockerfile')).toContain(`COPY --from=build /src/${folder} ./${folder}`);
    expect(existsSync(path.join(repositoryRoot, folder, 'kong/plugins/drain/handler.lua'))).toBe(
      true,
    );
    expect(envOf(proxy).KONG_LUA_PACKAGE_PATH).toContain(`${to}/?.lua`);
    const mounts = (one: V1Container) => (one.volumeMounts ?? []).map((mount) => mount.mountPath);
    expect([mounts(copy), mounts(server)]).toEqual([[to], ['/run/drain']]);
    expect(mounts(proxy)).toEqual(expect.arrayContaining([to, '/run/drain']));
    const { KONG_PLUGINSERVER_DRAIN_SOCKET: socket = '?' } = envOf(proxy);
    const { KONG_PLUGINSERVER_DRAIN_QUERY_CMD: query = '?' } = envOf(proxy);
    expect(server.command?.join(' ')).toContain(`--socket ${socket}`);
    expect(server.command?.join(' ')).toContain(query.replace('cat ', '--dump > '));
    expect(server.startupProbe?.exec?.command).toEqual(['test', '-S', socket]);
    expect(server.restartPolicy).toBe('Always');
  });

  test('its declarative file is kong.yml but for the way to the pods', () => {
    interface Declarative {
      readonly upstreams: { targets: { target: string }[] }[];
      readonly services: { protocol: string }[];
    }
    const own = parse(read('deploy/kong/dbless/kong.yml')) as Declarative;
    const model = parse(read('kong.yml')) as Declarative;
    const service = find(example, 'Service', 'rt') as KubeObject & Ports;
    expect(own.upstreams[0]?.targets).toEqual([
      { target: `rt.example.svc.cluster.local:${String(service.spec.ports[0]?.port)}` },
    ]);
    model.upstreams[0]!.targets = own.upstreams[0]!.targets;
    model.services[0]!.protocol = 'https';
    expect(own).toEqual(model);
  });
});
