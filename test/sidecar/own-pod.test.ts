import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';
import { deadlineMsOf, deletionGraceSeconds, ownPod } from '../../sidecar/own-pod';

let server: https.Server;
let dir: string;
let answer: { status: number; body: string };
const asked: string[] = [];

beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  dir = mkdtempSync(path.join(os.tmpdir(), 'account-'));
  writeFileSync(path.join(dir, 'token'), 'the-token\n');
  writeFileSync(path.join(dir, 'ca.crt'), cert);
  server = https.createServer({ cert, key }, (request, response) => {
    asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
    response.writeHead(answer.status).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

const env = () => ({
  POD_NAME: 'rt-1',
  POD_NAMESPACE: 'shop',
  KUBERNETES_SERVICE_HOST: '127.0.0.1',
  KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port),
});
const ask = () => deletionGraceSeconds(ownPod(env(), dir)!);

test('the grace period of this very deletion is read from the pod, as its service account', async () => {
  answer = { status: 200, body: '{"metadata":{"name":"rt-1","deletionGracePeriodSeconds":15}}' };
  expect(await ask()).toBe(15);
  expect(asked).toEqual(['/api/v1/namespaces/shop/pods/rt-1 Bearer the-token']);
});

test('a pod that is not being deleted has none', async () => {
  answer = { status: 200, body: '{"metadata":{"name":"rt-1"}}' };
  expect(await ask()).toBeUndefined();
});

test.each([
  ['may not be read', { status: 403, body: '{}' }, /403/],
  ['is no pod', { status: 200, body: '[]' }, /expected object/],
])('one that %s rejects', async (_name, given, why) => {
  answer = given;
  await expect(ask()).rejects.toThrow(why);
});

test('without a service account, or outside a cluster, nothing is asked', () => {
  expect(ownPod(env(), '/nonexistent')).toBeUndefined();
  expect(ownPod({}, dir)).toBeUndefined();
});

test('an IPv6 API server gets its brackets', () => {
  expect(ownPod({ ...env(), KUBERNETES_SERVICE_HOST: 'fd00::1' }, dir)?.apiServer).toMatch(
    /^\[fd00::1\]:\d+$/,
  );
});

test.each([
  [300, 5, 295_000],
  [15, 5, 10_000],
  [6, 5, 3000],
  [2, 5, 1000],
])('%i s of grace with %i s of reserve end the drain after %i ms', (grace, reserve, ms) => {
  expect(deadlineMsOf(grace, reserve)).toBe(ms);
});
