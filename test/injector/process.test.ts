/** The process as it runs: its certificate, a review over HTTPS, what it tells of itself, and how it goes. */
import https from 'node:https';
import path from 'node:path';
import { writeFileSync } from 'node:fs';
import { freePort } from '../../harness/free-port';
import { startProcess, type HarnessProcess } from '../../harness/process';
import { compiledEntry } from '../../harness/repository';
import { waitFor } from '../../harness/wait';
import { cleanUp, onCleanUp, temporaryFolder } from '../registry/redis';
import { startApiServer, type TestApiServer } from './api-server';
import { readPod } from './pods';

const MWC = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const NAMESPACE = '/api/v1/namespaces/kong-drain';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kong-drain/leases';
const IMAGE = 'registry.example.com/kong-drain:1';

let api: TestApiServer;
let injector: HarnessProcess;
let webhookPort: number;
let metricsPort: number;

beforeAll(async () => {
  api = await startApiServer();
  onCleanUp(() => api.close());
  api.put(MWC, { metadata: { name: 'drain-injector' }, webhooks: [{ clientConfig: {} }] });
  // As deploy/base/state.yaml makes them, and the replica's own pod.
  api.put(`${NAMESPACE}/secrets`, { metadata: { name: 'kong-drain-tls' }, type: 'Opaque' });
  api.put(LEASES, { metadata: { name: 'kong-drain-controller' } });
  const spec = { containers: [{ name: 'injector', image: IMAGE }] };
  api.put(`${NAMESPACE}/pods`, { metadata: { name: 'injector-1' }, spec });
  webhookPort = await freePort();
  metricsPort = await freePort();
  const dir = temporaryFolder();
  const kubeconfig = path.join(dir, 'kubeconfig');
  writeFileSync(kubeconfig, api.kubeconfig);
  injector = startProcess({
    name: 'injector',
    command: process.execPath,
    args: [compiledEntry('injector/main.ts')],
    env: {
      KUBECONFIG: kubeconfig,
      POD_NAME: 'injector-1',
      DRAIN_SIDECAR_REDIS_SECRET: 'kong-drain-{pool}',
      DRAIN_WEBHOOK_LISTEN: `127.0.0.1:${webhookPort}`,
      DRAIN_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
      DRAIN_WEBHOOK_NAMES: '127.0.0.1',
      DRAIN_REDIS_URL: 'redis://127.0.0.1:1',
    },
    logFile: path.join(dir, 'injector.log'),
  });
  onCleanUp(() => injector.stop({ signal: 'SIGKILL' }));
});
afterAll(cleanUp);

const told = async (what: string) => fetch(`http://127.0.0.1:${metricsPort}/${what}`);

function caBundle(): string {
  const { webhooks } = api.get(`${MWC}/drain-injector`) as unknown as {
    webhooks: { clientConfig: { caBundle: string } }[];
  };
  return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
}

function review(): Promise<{ allowed: boolean; patch?: string }> {
  const body = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: '1', operation: 'CREATE', namespace: 'shop', object: readPod('deployment') },
  };
  return new Promise((resolve, reject) => {
    const request = https.request(
      `https://127.0.0.1:${webhookPort}/inject`,
      { method: 'POST', ca: caBundle(), agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => {
          resolve((JSON.parse(text) as { response: { allowed: boolean } }).response);
        });
      },
    );
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

test('it gets ready by itself, injects its own image, leads, and needs no Redis for it', async () => {
  await waitFor('readiness', async () => (await told('readyz')).ok, { timeoutMs: 30_000 });
  const { patch = '', ...rest } = await review();
  expect(rest).toMatchObject({ allowed: true, patchType: 'JSONPatch' });
  expect(Buffer.from(patch, 'base64').toString()).toContain(`"image":"${IMAGE}"`);
  await waitFor('the lead', async () =>
    (await (await told('metrics')).text()).includes('drain_controller_leads 1'),
  );
  const metrics = await (await told('metrics')).text();
  expect(metrics).toContain('drain_injector_reviews_total{verdict="injected"} 1');
});

test('told to stop, it is not ready, gives up the lead, still answers for a while, and ends', async () => {
  injector.signal('SIGTERM');
  await waitFor('it to be unready', async () => (await told('readyz')).status === 503);
  expect(await review()).toMatchObject({ allowed: true });
  await waitFor('the lease to be free', () => {
    const [lease] = api.list(LEASES);
    return (lease?.spec as { holderIdentity?: string }).holderIdentity === '';
  });
  expect(await injector.exited).toMatchObject({ code: 0 });
});
