/** The registry over TLS: the server is believed only by the authority that was given. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { connectRedis } from '../../registry/connect';
import { freePort } from '../../harness/free-port';
import { waitFor } from '../../harness/wait';
import { cleanUp, onCleanUp, realRedis, registryOver, temporaryFolder } from './redis';
import { serving } from './statements';

const run = promisify(execFile);

afterAll(cleanUp);

async function certificate(): Promise<{ key: string; cert: string }> {
  const folder = temporaryFolder();
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=redis'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1'],
  ]);
  return { key, cert };
}

test('with its authority the server is used, without it no word is said to it', async () => {
  const { key, cert } = await certificate();
  const port = await freePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  await realRedis({ args: ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'] });
  const url = `rediss://127.0.0.1:${port}`;

  const open = () => connectRedis({ url, caFile: cert }, () => undefined);
  const { registry } = await registryOver(open(), open());
  expect((await registry.pool('rt').announce(serving({ fence: 7 }))).status).toBe('ok');

  const errors: string[] = [];
  const stranger = connectRedis({ url }, (message) => errors.push(message));
  onCleanUp(() => stranger.disconnect());
  await waitFor('the refusal', () => errors.length > 0);
  expect(errors[0]).toMatch(/self-signed certificate/);
  expect(stranger.status).not.toBe('ready');
});
