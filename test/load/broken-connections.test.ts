/** What goes wrong below HTTP, on real sockets, and what is given up. */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { startLoad } from '../../load/load';
import type { LoadOptions } from '../../load/options';
import { listen, wellBehaved } from './misbehaving-server';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listenRaw(onSocket: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function getsUntil(count: number, url: string, more: Partial<LoadOptions> = {}) {
  const load = startLoad({ urls: [url], getRate: 100, postRate: 0, freshShare: 1, ...more });
  for (let i = 0; i < 2000 && load.snapshot().gets < count; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return load.stop();
}

test('a reset in the TLS handshake is reset-unsent, one after the request reset-sent', async () => {
  const port = await listenRaw((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const unsent = await getsUntil(10, `https://127.0.0.1:${port}`, { insecure: true });
  expect(unsent.getFailed).toEqual({ 'reset-unsent': unsent.gets });
  const sent = await getsUntil(10, `http://127.0.0.1:${port}`);
  expect(sent.getFailed).toEqual({ 'reset-sent': sent.gets });
});

test('an answer that is no HTTP is malformed', async () => {
  const port = await listenRaw((socket) =>
    socket.once('data', () => socket.end('220 smtp here\r\n')),
  );
  const result = await getsUntil(5, `http://127.0.0.1:${port}`);
  expect(result.getFailed).toEqual({ malformed: result.gets });
});

test('a certificate that is not trusted is tls, unless any is accepted', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const server = await listen(wellBehaved, { key, cert });
  cleanups.push(server.close);
  const refused = await getsUntil(5, server.url);
  expect(refused.getFailed).toEqual({ tls: refused.gets });
  expect(await getsUntil(5, server.url, { insecure: true })).toMatchObject({ getFailed: {} });
});

test('a name that does not exist is dns', async () => {
  const result = await getsUntil(3, 'http://nowhere.invalid');
  expect(result.getFailed).toEqual({ dns: result.gets });
});

test('what is abandoned ends at once and is in no count but its own', async () => {
  let held = 0;
  const server = await listen((request) => {
    held += 1;
    request.resume();
  });
  cleanups.push(server.close);
  const load = startLoad({
    ...{ urls: [server.url], getRate: 50, postRate: 50, uploads: 2, uploadMb: 0.1 },
  });
  for (let i = 0; i < 2000 && held < 20; i++) await new Promise((r) => setTimeout(r, 5));
  const stopped = load.stop();
  load.abandon();
  const result = await stopped;
  expect(result).toMatchObject({ gets: 0, posts: 0, uploads: 0, errors: {}, failures: [] });
  expect(result.abandoned).toBeGreaterThanOrEqual(held);
  expect(result.uploadRuns.map(({ outcome }) => outcome)).toEqual(['abandoned', 'abandoned']);
  expect(result.course.outcomes.every((outcome) => outcome === 0)).toBe(true);
});
