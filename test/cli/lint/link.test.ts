import { rulesOf } from './lint';

const workload = (namespace: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: rt, namespace: ${namespace} }
spec:
  replicas: 2
  selector: { matchLabels: { app: rt } }
  template:
    metadata: { labels: { app: rt } }
    spec:
      containers: [{ name: rt, image: rt, ports: [{ containerPort: 8080 }] }]
---
apiVersion: v1
kind: Service
metadata: { name: rt, namespace: ${namespace} }
spec: { clusterIP: 10.0.0.9, selector: { app: rt }, ports: [{ port: 80 }] }
`;

const linked = (host: string, upstreams = '') =>
  rulesOf({
    'rt.yaml': `${workload('prod')}---\n${workload('other').replace('app: rt', 'app: rt')}`,
    'kong.yml': `_format_version: '3.0'\nservices: [{ name: rt, host: ${host}, connect_timeout: 1000 }]\n${upstreams}`,
  }).includes('keepalive-order');

const upstream = (target: string) =>
  `upstreams: [{ name: up, targets: [{ target: '${target}' }] }]`;

// keepalive-order fires for pods behind Kong; with no pod behind it, for every runtime.
test.each(['rt.prod', 'rt.prod.svc', 'rt.prod.svc.cluster.local', 'rt', '10.0.0.9'])(
  'a Kong Service with host %s leads to the pods',
  (host) => {
    expect(linked(host)).toBe(true);
  },
);

test('so does one through the targets of an Upstream', () => {
  expect(linked('up', upstream('rt.prod.svc:8080'))).toBe(true);
});

const grace = (annotations: string, readTimeout: number) =>
  rulesOf({
    'rt.yaml': workload('prod')
      .replace('      containers:', '      terminationGracePeriodSeconds: 100\n      containers:')
      .replace('labels: { app: rt } }', `labels: { app: rt }, annotations: { ${annotations} } }`),
    'kong.yml': `_format_version: '3.0'\nservices: [{ name: rt, host: rt.prod, read_timeout: ${readTimeout} }]\n`,
  }).includes('grace-below-longest-request');

test("the longest request is Kong's read timeout, if that is longer than the flag says", () => {
  expect(grace('', 60_000)).toBe(false);
  expect(grace('', 300_000)).toBe(true);
});

test('an annotation goes before both', () => {
  expect(grace("lint.kong-drain.dev/longest-request-seconds: '20'", 300_000)).toBe(false);
  expect(grace("lint.kong-drain.dev/longest-request-seconds: '200'", 60_000)).toBe(true);
});

test('pods that no Kong Service leads to are not judged as runtimes where others are', () => {
  const other = workload('prod').replaceAll('rt', 'queue').split('---')[0] ?? '';
  const files = {
    'kong.yml': `_format_version: '3.0'\nservices: [{ name: rt, host: rt.prod, connect_timeout: 1000 }]\n`,
  };
  expect(rulesOf({ ...files, 'rt.yaml': workload('prod') })).toEqual(
    rulesOf({ ...files, 'rt.yaml': workload('prod'), 'queue.yaml': other }),
  );
});

test('a pod that is injected needs neither hook nor grace period of its own', () => {
  const text = workload('prod').replace(
    'labels: { app: rt } }',
    'labels: { app: rt }, annotations: { kong-drain.dev/pool: rt } }',
  );
  const found = rulesOf({ 'rt.yaml': text });
  expect(found).not.toContain('hook-missing');
  expect(found).not.toContain('grace-below-longest-request');
});

test('databases and other servers that are not HTTP are not judged as runtimes', () => {
  const redis = workload('prod')
    .replaceAll('rt', 'redis')
    .replace('containerPoredis', 'containerPort')
    .replace('poredis', 'ports')
    .replace('8080', '6379');
  expect(rulesOf({ 'redis.yaml': redis.split('---')[0] ?? '' })).toEqual([]);
});
