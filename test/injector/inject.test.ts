import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { injectionSettings, parseConfig } from '../../injector/config';
import { inject, type Injection } from '../../injector/inject/inject';
import { parseConfig as parseSidecarConfig } from '../../sidecar/config';
import { annotated, applyPatch, podNames, readPod, settings } from './pods';

const TOKEN = 'token-of-this-pod';
const NATIVE_ONLY = ['job'];
const REFUSED = ['daemonset-host-network'];
const injectable = podNames.filter((name) => !REFUSED.includes(name));

const versions = {
  'Kubernetes 1.29+': settings,
  'Kubernetes 1.28': { ...settings, hasNativeSidecars: false },
} as const;
const table = injectable.flatMap((name) =>
  Object.keys(versions)
    .filter((version) => version === 'Kubernetes 1.29+' || !NATIVE_ONLY.includes(name))
    .map((version) => [name, version as keyof typeof versions] as const),
);

function injectedPod(pod: V1Pod, version: keyof typeof versions = 'Kubernetes 1.29+') {
  const injection = inject(pod, versions[version], TOKEN);
  if (injection.kind !== 'injected') throw new Error(JSON.stringify(injection));
  return { ...injection, pod: applyPatch(pod, injection.patch) };
}

function sidecarOf({ spec }: V1Pod): V1Container {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.find(({ name }) => name === 'kong-drain')!;
}

const envOf = ({ env = [] }: V1Container): Record<string, string | undefined> =>
  Object.fromEntries(env.map(({ name, value }) => [name, value]));
/** Its environment as the kubelet makes it. */
function started(container: V1Container): Record<string, string> {
  const given: Record<string, string> = {
    ...{ POD_IP: 'fd00::7', POD_NAME: 'rt-1', POD_NAMESPACE: 'shop', POD_UID: 'uid-1' },
    ...{ NODE_NAME: 'node-1', DRAIN_ZONE: '', DRAIN_REDIS_URL: 'redis://redis:6379' },
  };
  return Object.fromEntries(
    (container.env ?? [])
      .map(({ name, value }) => [name, value ?? given[name]] as const)
      .filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
const warningsOf = (injection: Injection): string =>
  injection.kind === 'injected' ? injection.warnings.join('\n') : '';

describe.each(table)('%s, %s', (name, version) => {
  const before = readPod(name);
  const { pod, patch, warnings } = injectedPod(before, version);

  test('gets this patch', () => {
    expect({ patch, warnings }).toMatchSnapshot();
  });

  test('is patched once: the patched pod gives an empty patch', () => {
    const again = inject(pod, versions[version], 'another token');
    expect(again).toMatchObject({ kind: 'injected', patch: [] });
  });

  test('has its containers as they were, but for hooks and the token of hooks that were kept', () => {
    for (const list of ['containers', 'initContainers'] as const) {
      const bare = (containers: V1Container[] = []) =>
        containers
          .filter((container) => container.name !== 'kong-drain')
          .map(({ lifecycle, env, ...rest }) => ({
            ...rest,
            postStart: lifecycle?.postStart,
            env: env?.filter((variable) => variable.name !== 'DRAIN_HOOK_TOKEN') ?? [],
          }));
      expect(bare(pod.spec?.[list])).toEqual(bare(before.spec?.[list]));
    }
  });

  test('has a sidecar that starts with what it is told', () => {
    const config = parseSidecarConfig(started(sidecarOf(pod)));
    const port = pod.metadata?.annotations?.['kong-drain.dev/target-port'] ?? 'none';
    expect(config.target.id).toBe(`[fd00::7]:${port}`);
  });

  test('is never given less grace, and its sidecar knows how much', () => {
    const grace = pod.spec?.terminationGracePeriodSeconds ?? 0;
    expect(grace).toBeGreaterThanOrEqual(before.spec?.terminationGracePeriodSeconds ?? 30);
    expect(envOf(sidecarOf(pod)).DRAIN_GRACE_SECONDS).toBe(String(grace));
  });

  test('has a sidecar that Pod Security "restricted" admits', () => {
    expect(sidecarOf(pod).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(sidecarOf(pod).volumeMounts).toBeUndefined();
  });
});

test('the sidecar is a native one after all other init containers, so that a mesh outlives it', () => {
  const { pod } = injectedPod(readPod('helpers-and-init'));
  expect(pod.spec?.initContainers?.map(({ name }) => name)).toEqual([
    'migrate',
    'logs',
    'kong-drain',
  ]);
  expect(sidecarOf(pod).restartPolicy).toBe('Always');
});

test('a plain sidecar has the blocking hook itself, so that SIGTERM reaches it after the drain', () => {
  const { pod } = injectedPod(readPod('deployment'), 'Kubernetes 1.28');
  const plain = sidecarOf(pod);
  expect(pod.spec?.containers.at(-1)).toBe(plain);
  expect(plain.restartPolicy).toBeUndefined();
  expect(plain.lifecycle?.preStop?.httpGet).toMatchObject({ path: '/drain', port: 8081 });
});

test('every ordinary container gets the hook with the pod’s own token; sleeps are replaced', () => {
  const { pod, warnings } = injectedPod(readPod('helpers-and-init'));
  for (const container of pod.spec?.containers ?? []) {
    expect(container.lifecycle?.preStop).toEqual({
      httpGet: {
        path: '/drain',
        port: 8081,
        scheme: 'HTTP',
        httpHeaders: [{ name: 'x-drain-token', value: TOKEN }],
      },
    });
  }
  expect(envOf(sidecarOf(pod)).DRAIN_HOOK_TOKEN).toBe(TOKEN);
  expect(warnings.filter((text) => text.includes('sleep is replaced'))).toHaveLength(3);
});

test('a hook of the user’s own stays, and the warning says how to call the sidecar from it', () => {
  const { pod, warnings } = injectedPod(readPod('own-hooks'));
  const [rt, cache, tail] = pod.spec?.containers ?? [];
  expect(rt?.lifecycle?.preStop?.exec?.command).toEqual(['sh', '-c', 'nginx -s quit; sleep 10']);
  expect(cache?.lifecycle?.preStop?.httpGet?.path).toBe('/flush');
  expect(envOf(rt!)).toEqual({ A: 'b', DRAIN_HOOK_TOKEN: TOKEN });
  expect(warnings).toContain(
    'container "rt" keeps its preStop hook: let it first wait for GET http://127.0.0.1:8081/drain with header x-drain-token: $DRAIN_HOOK_TOKEN',
  );
  expect(tail?.lifecycle?.preStop?.httpGet?.httpHeaders?.[0]?.value).toBe(TOKEN);
});

test.each([
  [['sleep', '15'], true],
  [['/bin/sleep', '15s'], true],
  [['sh', '-c', 'sleep 15'], true],
  [['/bin/bash', '-ec', ' exec sleep 0.5 ; '], true],
  [['/usr/bin/sleep', '1', '2m'], true],
  [['sh', '-c', 'sleep 15 && kill 1'], false],
  [['sh', '-c', 'sleep $N'], false],
  [['sh', 'sleep 15'], false],
  [['sleep', 'infinity'], false],
  [['python', '-c', 'sleep 15'], false],
])('preStop exec %j: replaced %j', (command, replaced) => {
  const pod = readPod('deployment');
  pod.spec!.containers[0]!.lifecycle = { preStop: { exec: { command } } };
  const hook = injectedPod(pod).pod.spec?.containers[0]?.lifecycle?.preStop;
  expect(hook?.exec === undefined).toBe(replaced);
});

test('only the chosen containers get the hook', () => {
  const { pod } = injectedPod(readPod('bare-dual-stack'));
  const hooked = pod.spec?.containers.filter(({ lifecycle }) => lifecycle?.preStop !== undefined);
  expect(hooked?.map(({ name }) => name)).toEqual(['rt']);
});

test('the target is told by address and port apart, so that IPv6 gets its brackets', () => {
  const env = envOf(sidecarOf(injectedPod(readPod('bare-dual-stack')).pod));
  expect(env).toMatchObject({
    DRAIN_PORT: '8080',
    DRAIN_HEALTH_URL: 'https://localhost:8080/livez',
    DRAIN_UPLOADS_URL: 'https://localhost:8080/uploads',
  });
  expect(env).not.toHaveProperty('DRAIN_TARGET');
});

test.each([
  ['deployment', 'https://localhost:8080/health'],
  ['istio-injected', 'http://localhost:15020/app-health/rt/readyz'],
  ['helpers-and-init', 'http://localhost:9000/ready'],
  ['job', 'https://localhost:8080/health'],
  ['statefulset', 'http://localhost:8080/health?deep=1'],
])('%s: the health probe goes to %s', (name, url) => {
  expect(envOf(sidecarOf(injectedPod(readPod(name)).pod)).DRAIN_HEALTH_URL).toBe(url);
});

test('a mesh that comes after us gets the hook when the webhook is invoked again', () => {
  const first = injectedPod(readPod('deployment')).pod;
  const proxy = { name: 'istio-proxy', image: 'proxyv2', ports: [{ containerPort: 15090 }] };
  first.spec!.containers.unshift(proxy);
  const { pod, patch } = injectedPod(first);
  expect(patch).toHaveLength(1);
  expect(pod.spec?.containers[0]?.lifecycle?.preStop?.httpGet?.httpHeaders?.[0]?.value).toBe(TOKEN);
});

/** As Istio 1.25 and newer do it with every httpGet hook but their proxy's own (convertProbe in app_probe.go). */
function hooksRewrittenByIstio(pod: V1Pod): V1Pod {
  const rewritten = structuredClone(pod);
  for (const { name, lifecycle } of rewritten.spec?.containers ?? []) {
    const call = lifecycle?.preStop?.httpGet;
    if (call) Object.assign(call, { path: `/app-lifecycle/${name}/prestopz`, port: 15020 });
  }
  rewritten.spec?.containers.push({ name: 'istio-proxy', image: 'proxyv2' });
  return rewritten;
}

test('hooks that Istio has taken over are known for ours, and its proxy gets one', () => {
  const { pod, patch, warnings } = injectedPod(
    hooksRewrittenByIstio(injectedPod(readPod('deployment')).pod),
  );
  expect(warnings).toEqual([]);
  expect(patch).toEqual([
    expect.objectContaining({ path: '/spec/containers/1/lifecycle' }) as unknown,
  ]);
  expect(pod.spec?.containers[1]?.lifecycle?.preStop?.httpGet?.path).toBe('/drain');
});

test('a hook of the user’s own that Istio has taken over stays his', () => {
  const first = hooksRewrittenByIstio(injectedPod(readPod('own-hooks')).pod);
  const { pod, warnings } = injectedPod(first);
  expect(pod.spec?.containers[1]?.lifecycle).toEqual(first.spec?.containers[1]?.lifecycle);
  expect(warnings.join()).toMatch(/container "cache" keeps its preStop hook/);
});

test.each<[string, Partial<V1Container>]>([
  ['with a port', { ports: [{ containerPort: 3500 }] }],
  ['with a port named http', { ports: [{ name: 'http', containerPort: 9901 }] }],
  ['on the sidecar’s port', { ports: [{ containerPort: 8081 }] }],
])('a container %s that comes after us gets the hook, and the target stays', (_what, more) => {
  const before = readPod('deployment');
  before.spec!.containers[0] = { name: 'rt', image: 'rt', ports: [{ containerPort: 8080 }] };
  const first = injectedPod(before).pod;
  first.spec!.containers.push({ name: 'daprd', image: 'daprd', ...more });
  const { pod, warnings } = injectedPod(first);
  expect(pod.spec?.containers.at(-1)?.lifecycle?.preStop?.httpGet?.path).toBe('/drain');
  expect(pod.metadata?.annotations?.['kong-drain.dev/target-port']).toBe('8080');
  expect(envOf(sidecarOf(pod)).DRAIN_PORT).toBe('8080');
  expect(warnings).toEqual([]);
});

test('a grace period that another webhook raised meanwhile reaches the sidecar', () => {
  const first = injectedPod(readPod('deployment')).pod;
  first.spec!.terminationGracePeriodSeconds = 500;
  expect(envOf(sidecarOf(injectedPod(first).pod)).DRAIN_GRACE_SECONDS).toBe('500');
});

test('what the API server and its plugins add to the sidecar is left there', () => {
  const first = injectedPod(readPod('deployment')).pod;
  const sidecar = sidecarOf(first);
  Object.assign(sidecar, {
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    volumeMounts: [{ name: 'kube-api-access', mountPath: '/var/run/secrets' }],
  });
  expect(injectedPod(first).patch).toEqual([]);
});

test('a Guaranteed pod stays Guaranteed', () => {
  const { requests, limits } = sidecarOf(injectedPod(readPod('guaranteed')).pod).resources ?? {};
  expect(requests).toEqual({ cpu: '100m', memory: '128Mi' });
  expect(limits).toEqual(requests);
});

test.each([
  [{}, undefined],
  [{ 'kong-drain.dev/long-connection-seconds': '0' }, '0'],
  [{ 'kong-drain.dev/long-connection-seconds': '30' }, '30'],
])('%j: the sidecar is told how long it waits for what streams', (annotations, seconds) => {
  const { pod } = injectedPod(annotated(annotations));
  expect(envOf(sidecarOf(pod)).DRAIN_LONG_CONNECTION_SECONDS).toBe(seconds);
});

test('of clients past Kong, and of where the runtime wants to be told, the sidecar hears what the pod says', () => {
  const said = (annotations: Record<string, string>) => {
    const env = envOf(sidecarOf(injectedPod(annotated(annotations)).pod));
    return [env.DRAIN_DIRECT_CLIENTS, env.DRAIN_TELL_URL];
  };
  expect(said({})).toEqual([undefined, undefined]);
  expect(
    said({ 'kong-drain.dev/direct-clients': 'yes', 'kong-drain.dev/tell-path': '/draining' }),
  ).toEqual(['yes', expect.stringMatching(/^https?:\/\/[^/]+:\d+\/draining$/)]);
});

test('a deletion cost that its owner keeps is left to him', () => {
  const { pod } = injectedPod(readPod('guaranteed'));
  expect(pod.metadata?.annotations?.['kong-drain.dev/deletion-cost']).toBe('off');
});

test('a pod that does not ask is left alone', () => {
  const pod = readPod('deployment');
  delete pod.metadata?.annotations?.['kong-drain.dev/pool'];
  expect(inject(pod, settings, TOKEN)).toEqual({ kind: 'not-asked' });
});

test('more grace than an autoscaler gives is warned of', () => {
  expect(warningsOf(inject(readPod('helpers-and-init'), settings, TOKEN))).toMatch(
    /600 s, not 900/,
  );
});

test.each([
  [{ 'kong-drain.dev/pool': 'Rt!' }, /kong-drain.dev\/pool: lower-case letters/],
  [{ 'kong-drain.dev/por': '80' }, /kong-drain.dev\/por: no such annotation/],
  [{ 'kong-drain.dev/grace-seconds': '1e9' }, /grace-seconds/],
  [{ 'kong-drain.dev/grace-seconds': 'soon' }, /grace-seconds: expected a whole number$/],
  [{ 'kong-drain.dev/port': 'grpc' }, /no container has a port named "grpc"/],
  [{ 'kong-drain.dev/port': '70000' }, /at most 65535/],
  [{ 'kong-drain.dev/container': 'x' }, /the pod has no container "x"/],
  [{ 'kong-drain.dev/hook-containers': 'rt, y' }, /the pod has no container y/],
  [{ 'kong-drain.dev/sidecar-port': '8080' }, /8080 is taken by container "rt"/],
  [{ 'kong-drain.dev/reserve-seconds': '300' }, /reserve-seconds: 300 leaves nothing of 300 s/],
  [{ 'kong-drain.dev/sidecar': 'both', 'kong-drain.dev/log-level': 'x' }, /sidecar:[^]*log-level:/],
])('%j is refused', (annotations, why) => {
  const injection = inject(annotated(annotations), settings, TOKEN);
  expect(injection.kind === 'refused' ? injection.reasons.join() : injection).toMatch(why);
});

test.each([
  ['daemonset-host-network', settings, /hostNetwork/],
  ['job', versions['Kubernetes 1.28'], /keep the pod from completing/],
])('%s is refused with the reason', (name, given, why) => {
  expect(inject(readPod(name), given, TOKEN)).toMatchObject({
    kind: 'refused',
    reasons: [expect.stringMatching(why)],
  });
});

test('a bare pod that is to complete gets no plain sidecar', () => {
  const pod = readPod('deployment');
  pod.spec!.restartPolicy = 'Never';
  expect(inject(pod, versions['Kubernetes 1.28'], TOKEN)).toMatchObject({
    reasons: [expect.stringMatching(/from completing \(restartPolicy Never\)/)],
  });
});

test.each([
  [{}, /readiness probe is no httpGet of the pod: the sidecar asks \/health/],
  [{ 'kong-drain.dev/health-path': '/live' }, /^$/],
])('a readiness probe that is no httpGet, and %j: warned of %s', (annotations, says) => {
  const pod = annotated(annotations);
  pod.spec!.containers[0]!.readinessProbe = { tcpSocket: { port: 8080 } };
  expect(warningsOf(inject(pod, settings, TOKEN))).toMatch(says);
});

test('several ports and none of them named: the pod says which', () => {
  const pod = readPod('deployment');
  pod.spec!.containers[0]!.ports = [{ containerPort: 1 }, { containerPort: 2 }];
  expect(inject(pod, settings, TOKEN)).toMatchObject({
    kind: 'refused',
    reasons: [expect.stringMatching(/port: there are several \(rt:1, rt:2\)/)],
  });
});

test('the Secret of the pod’s pool gives the Redis, its options being optional', () => {
  const { env } = sidecarOf(injectedPod(readPod('bare-dual-stack')).pod);
  const refs = env?.filter(({ name }) => name.startsWith('DRAIN_REDIS')) ?? [];
  expect(refs.map(({ valueFrom }) => valueFrom?.secretKeyRef)).toEqual([
    { name: 'kong-drain-shop.rt', key: 'url' },
    { name: 'kong-drain-shop.rt', key: 'options', optional: true },
  ]);
});

test('the sidecar allows the addresses that the injector was told to allow', () => {
  const cidrsOf = (env: Record<string, string>) => {
    const config = parseConfig({ DRAIN_SIDECAR_REDIS_SECRET: 'kong-drain-{pool}', ...env });
    const told = injectionSettings(config, settings.image, true);
    const pod = readPod('deployment');
    const injection = inject(pod, told, TOKEN);
    if (injection.kind !== 'injected') throw new Error(JSON.stringify(injection));
    return envOf(sidecarOf(applyPatch(pod, injection.patch))).DRAIN_ALLOWED_CIDRS;
  };
  expect(cidrsOf({ DRAIN_ALLOWED_CIDRS: '10.0.0.0/8,fd00::/8' })).toBe('10.0.0.0/8,fd00::/8');
  expect(cidrsOf({})).toBeUndefined();
});
