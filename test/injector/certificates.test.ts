import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type https from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readCertificateFiles } from '../../injector/tls/certificate-files';
import { makeAuthority, makeServing, splitBundle, type KeyPair } from '../../injector/tls/issue';
import { keepOwnCertificate } from '../../injector/tls/own-certificate';
import { changeCertificate, webhookServer } from '../../injector/webhook/server';
import { startApiServer, type TestApiServer } from './api-server';
import { webhookDeps } from './webhook-deps';

const MWC = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const SECRET = '/api/v1/namespaces/kong-drain/secrets/kong-drain-tls';
const DAY_MS = 86_400_000;
const lives = { authorityMs: 90 * DAY_MS, servingMs: 30 * DAY_MS };

let api: TestApiServer;
let nowMs: number;
let steps: string[];
let servers: https.Server[];

beforeEach(async () => {
  api = await startApiServer();
  nowMs = Date.now();
  steps = [];
  servers = [];
  const webhooks = [
    { name: 'a', clientConfig: {} },
    { name: 'b', clientConfig: {} },
  ];
  api.put(MWC, { metadata: { name: 'drain-injector' }, webhooks });
});
afterEach(async () => {
  for (const server of servers) server.close().closeAllConnections();
  await api.close();
});

const round = (names: readonly string[] = ['127.0.0.1', 'drain.test', '::1']): Promise<KeyPair> =>
  keepOwnCertificate(
    { namespace: 'kong-drain', secret: 'kong-drain-tls', webhook: 'drain-injector', names, lives },
    {
      core: api.kube.core,
      admission: api.kube.admission,
      wallMs: () => nowMs,
      onStep: (step) => steps.push(step),
    },
  );

/** What the API server trusts now. */
function trusted(): string[] {
  const { webhooks } = api.get(`${MWC}/drain-injector`) as unknown as {
    webhooks: { clientConfig: { caBundle?: string } }[];
  };
  const bundles = webhooks.map(({ clientConfig }) => clientConfig.caBundle ?? '');
  expect(new Set(bundles).size).toBe(1);
  return splitBundle(Buffer.from(bundles[0] ?? '', 'base64').toString());
}

async function serve(certificate: KeyPair): Promise<https.Server> {
  const server = webhookServer(webhookDeps(), certificate);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function handshake(server: https.Server, ca: readonly string[], host = '127.0.0.1') {
  const { port } = server.address() as AddressInfo;
  const isName = !/^[\d.]+$/.test(host);
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port,
    ca: [...ca],
    ...(isName ? { servername: host } : {}),
  });
  await once(socket, 'secureConnect');
  return socket;
}

test('makes authority and certificate, and a real client that trusts the caBundle gets through', async () => {
  const server = await serve(await round());
  for (const host of ['127.0.0.1', 'drain.test']) {
    (await handshake(server, trusted(), host)).destroy();
  }
  await expect(handshake(server, [])).rejects.toThrow(/self-signed|unable to verify|issuer/);
  expect(steps).toEqual(['begin']);
});

test('nothing is written while nothing is due', async () => {
  await round();
  api.writes.length = 0;
  await round();
  expect(api.writes).toEqual([]);
});

test('two replicas that begin at once end with one authority', async () => {
  const [a, b, c] = await Promise.all([round(), round(), round()]);
  expect(a).toEqual(b);
  expect(b).toEqual(c);
  expect(trusted()).toHaveLength(1);
});

test('an empty Secret that a manifest made is filled', async () => {
  api.put('/api/v1/namespaces/kong-drain/secrets', { metadata: { name: 'kong-drain-tls' } });
  await round();
  expect(api.get(SECRET)?.data).toHaveProperty(['tls.crt']);
});

test('a certificate is renewed when a third of its life is left, under open connections', async () => {
  nowMs -= 21 * DAY_MS; // the client goes by the real clock
  const before = await round();
  const server = await serve(before);
  const open = await handshake(server, trusted());
  nowMs += 21 * DAY_MS;
  const after = await round();
  expect(after.cert).not.toBe(before.cert);
  changeCertificate(server, after);
  const fresh = await handshake(server, trusted());
  expect(fresh.getPeerCertificate().serialNumber).not.toBe(open.getPeerCertificate().serialNumber);
  open.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  const [answer] = (await once(open, 'data')) as [Buffer];
  expect(answer.toString()).toContain('200 OK');
  open.destroy();
  fresh.destroy();
});

test('a new authority is trusted before anything is signed by it, and the old one stays to its end', async () => {
  nowMs -= 61 * DAY_MS;
  await round();
  const [old] = trusted();
  nowMs += 59 * DAY_MS;
  const before = await round();
  steps = [];
  nowMs += 2 * DAY_MS; // a third of the authority's 90 days is left
  const during = await round();
  expect(steps).toEqual(['new-authority']);
  const [kept, added = ''] = trusted();
  expect(kept).toBe(old);
  expect(during).toEqual(before);

  const server = await serve(during);
  (await handshake(server, trusted())).destroy();
  const after = await round();
  changeCertificate(server, after);
  (await handshake(server, [added])).destroy();
  await expect(handshake(server, [old ?? ''])).rejects.toThrow();
  changeCertificate(server, during); // another replica that is a round behind
  (await handshake(server, trusted())).destroy();

  nowMs += 30 * DAY_MS;
  await round();
  expect(trusted()).toEqual([added]);
});

test('changed names give a new certificate of the same authority', async () => {
  const before = await round();
  const after = await round(['127.0.0.1', 'other.test']);
  expect(after.cert).not.toBe(before.cert);
  expect(trusted()).toHaveLength(1);
});

test('a Secret that is no certificate is made anew', async () => {
  await round();
  const secret = api.get(SECRET)!;
  api.put('/api/v1/namespaces/kong-drain/secrets', {
    ...secret,
    data: { 'ca.crt': 'bm9uc2Vuc2U=', 'tls.crt': 'eA==', 'tls.key': 'eA==', 'ca.key': 'eA==' },
  });
  const server = await serve(await round());
  (await handshake(server, trusted())).destroy();
});

test('a caBundle that someone emptied is put back', async () => {
  await round();
  const webhook = api.get(`${MWC}/drain-injector`)!;
  api.put(MWC, { ...webhook, webhooks: [{ name: 'a', clientConfig: {} }] });
  await round();
  expect(trusted()).toHaveLength(1);
});

test('mounted files are taken when certificate and key fit each other', async () => {
  const authority = await makeAuthority(nowMs, DAY_MS);
  const [one, two] = await Promise.all(
    ['a.test', 'b.test'].map((name) => makeServing(authority, [name], nowMs, DAY_MS)),
  );
  const dir = mkdtempSync(path.join(os.tmpdir(), 'drain-tls-'));
  writeFileSync(path.join(dir, 'tls.crt'), one!.cert);
  writeFileSync(path.join(dir, 'tls.key'), two!.key);
  expect(() => readCertificateFiles(dir)).toThrow(/tls.key is not the key/);
  writeFileSync(path.join(dir, 'tls.key'), one!.key);
  expect(readCertificateFiles(dir)).toEqual(one);
});
