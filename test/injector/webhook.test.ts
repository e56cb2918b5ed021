import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { V1Pod } from '@kubernetes/client-node';
import { createHistogram } from 'node:perf_hooks';
import type { PatchOperation } from '../../injector/inject/pod-edit';
import { makeAuthority, makeServing } from '../../injector/tls/issue';
import { refusalEvents } from '../../injector/webhook/refusal-events';
import { webhookServer } from '../../injector/webhook/server';
import { annotated, applyPatch, readPod } from './pods';
import { webhookDeps, type RecordedDeps } from './webhook-deps';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly ready?: boolean;
    readonly response?: {
      readonly uid: string;
      readonly allowed: boolean;
      readonly warnings?: string[];
      readonly patch?: string;
      readonly patchType?: string;
      readonly status?: { readonly code: number; readonly message: string };
    };
  };
  readonly connection: string | undefined;
  readonly keepAlive: string | undefined;
}

const MINUTE_MS = 60_000;
const agent = new https.Agent({ keepAlive: true });
const servers: https.Server[] = [];
let authority: Awaited<ReturnType<typeof makeAuthority>>;
let certificate: typeof authority;

beforeAll(async () => {
  authority = await makeAuthority(Date.now(), MINUTE_MS);
  certificate = await makeServing(authority, ['127.0.0.1'], Date.now(), MINUTE_MS);
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
afterAll(() => agent.destroy());

async function started(deps: RecordedDeps) {
  const server = webhookServer(deps, certificate);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return (path: string, body?: unknown) => call(port, path, body);
}

function call(port: number, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const options = { host: '127.0.0.1', port, path, method, agent, ca: authority.cert };
    const request = https.request(
      { ...options, headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text) as Answer['body'],
            connection: response.headers.connection,
            keepAlive: response.headers['keep-alive']?.toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

function reviewOf(pod: V1Pod, changes: object = {}) {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'review-1',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      operation: 'CREATE',
      namespace: 'shop',
      dryRun: false,
      object: pod,
      ...changes,
    },
  };
}

const bad = () => annotated({ 'kong-drain.dev/grace': '5' });

test('a pod gets its patch, and each pod a token of its own', async () => {
  const deps = webhookDeps();
  const post = await started(deps);
  const pod = readPod('deployment');
  const tokens = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const { status, body } = await post('/inject', reviewOf(pod));
    expect(status).toBe(200);
    expect(body.response).toMatchObject({ uid: 'review-1', allowed: true, patchType: 'JSONPatch' });
    const patch = JSON.parse(
      Buffer.from(body.response?.patch ?? '', 'base64').toString(),
    ) as PatchOperation[];
    const { spec } = applyPatch(pod, patch);
    const env = spec?.initContainers?.[0]?.env ?? [];
    tokens.add(env.find(({ name }) => name === 'DRAIN_HOOK_TOKEN')?.value ?? '');
  }
  expect(tokens.size).toBe(3);
  expect([...tokens].every((token) => token.length >= 32)).toBe(true);
  expect(deps.verdicts).toEqual(['injected', 'injected', 'injected']);
});

test('a bad pod is admitted as it is, with a warning, and its refusal is told', async () => {
  const deps = webhookDeps();
  const post = await started(deps);
  const { response } = (await post('/inject', reviewOf(bad()))).body;
  expect(response).toMatchObject({ allowed: true });
  expect(response?.patch).toBeUndefined();
  expect(response?.warnings?.join()).toMatch(/kong-drain.dev\/grace: no such annotation/);
  expect(deps.refusals).toHaveLength(1);
});

test('where it is so chosen, a bad pod is denied with the reason', async () => {
  const post = await started(webhookDeps({ denyBad: true }));
  const { response } = (await post('/inject', reviewOf(bad()))).body;
  expect(response).toMatchObject({
    allowed: false,
    status: { code: 422 },
  });
  expect(response?.status?.message).toMatch(/grace: no such annotation/);
});

test('a dry run leaves no Event', async () => {
  const deps = webhookDeps();
  const post = await started(deps);
  await post('/inject', reviewOf(bad(), { dryRun: true }));
  expect(deps.refusals).toEqual([]);
});

test('a fault of ours admits the pod', async () => {
  const deps = webhookDeps({
    settings: () => {
      throw new Error('not known yet');
    },
  });
  const post = await started(deps);
  const { response } = (await post('/inject', reviewOf(readPod('deployment')))).body;
  expect(response).toMatchObject({ allowed: true });
  expect(deps.verdicts).toEqual(['failed']);
});

test.each([
  ['no JSON', 'nonsense', 400],
  ['another kind', { apiVersion: 'v1', kind: 'Pod' }, 400],
  ['a review of something else', reviewOf({ kind: 'ConfigMap' }), 400],
  ['more than is taken', JSON.stringify({ x: 'y'.repeat(9 * 1024 * 1024) }), 413],
])('%s is answered with an error, and the next review goes on', async (_name, body, status) => {
  const post = await started(webhookDeps());
  expect((await post('/inject', body)).status).toBe(status);
  expect((await post('/inject', reviewOf(readPod('deployment')))).status).toBe(200);
});

test('it says when it is ready, and asks to come elsewhere when it leaves', async () => {
  let ready = false;
  let leaving = false;
  const post = await started(webhookDeps({ ready: () => ready, leaving: () => leaving }));
  expect((await post('/readyz')).status).toBe(503);
  ready = true;
  expect((await post('/readyz')).status).toBe(200);
  leaving = true;
  const { status, connection } = await post('/inject', reviewOf(readPod('deployment')));
  expect([status, connection]).toEqual([200, 'close']);
});

test('an idle connection is kept longer than the 90 s for which the API server would use it again', async () => {
  const post = await started(webhookDeps());
  const { keepAlive } = await post('/inject', reviewOf(readPod('deployment')));
  expect(Number(/timeout=(\d+)/.exec(keepAlive ?? '')?.[1])).toBeGreaterThan(90);
});

test('a review takes a few milliseconds of this process', async () => {
  const post = await started(webhookDeps());
  const times = createHistogram();
  for (let i = 0; i < 300; i++) {
    const before = process.cpuUsage();
    await post('/inject', reviewOf(readPod('istio-injected')));
    const { user, system } = process.cpuUsage(before);
    times.record(Math.max(1, user + system));
  }
  // Processor time, client and TLS included: the wall's is that of whatever else runs on this machine.
  expect(times.percentile(50) / 1000).toBeLessThan(25);
});

test('the Event of a refusal goes to the pod’s owner, once', () => {
  const eventOf = refusalEvents();
  const refusal = { pod: bad(), namespace: 'shop', reasons: ['because'], denied: false };
  expect(eventOf(refusal)).toEqual({
    object: {
      ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rt-6d4cf56db6', namespace: 'shop' },
      uid: '0f6d',
    },
    reason: 'SidecarRefused',
    message: 'pod without sidecar: because',
  });
  expect(eventOf(refusal)).toBeUndefined();
});
