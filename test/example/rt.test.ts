// Behaviour of the example runtime as a spawned process on real sockets.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { answerTo, startRuntime, stopAll, until, type Runtime } from './runtime';

const MiB = 1 << 20;
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rt-test-'));
});
afterEach(async () => {
  await stopAll();
  rmSync(dir, { recursive: true });
});

const start = (env: Readonly<Record<string, string>> = {}) =>
  startRuntime({ RT_DATA_DIR: dir, RT_POD: 'rt-1', ...env });

/** Begins an upload, sends its first half and waits until the runtime has it on disk. */
async function halfUpload(rt: Runtime, body: Buffer) {
  const headers = { 'content-length': body.length };
  const request = rt.open('/upload', { method: 'POST', headers });
  const answer = answerTo(request);
  answer.catch(() => {});
  request.write(body.subarray(0, body.length / 2));
  await until('half of the upload on disk', () =>
    readdirSync(dir).some((file) => statSync(join(dir, file)).size >= body.length / 2),
  );
  return { request, answer, finish: () => request.end(body.subarray(body.length / 2)) };
}

describe('uploads', () => {
  test.each([
    ['POST', 'Content-Length', 5 * MiB],
    ['PUT', 'chunks', 5 * MiB],
    ['POST', 'Content-Length', 0],
  ])(
    '%s by %s of %d bytes answers the hash of every byte and leaves no file',
    async (method, by, size) => {
      const rt = await start();
      const body = randomBytes(size);
      const headers =
        by === 'chunks' ? { 'transfer-encoding': 'chunked' } : { 'content-length': size };
      expect(await rt.json('/upload', { method, headers, body })).toEqual({
        sha256: sha256(body),
        bytes: size,
        id: expect.any(String) as string,
        pod: 'rt-1',
      });
      expect(readdirSync(dir)).toEqual([]);
    },
  );

  test('a kept upload is on disk whole', async () => {
    const rt = await start({ RT_KEEP_UPLOADS: '1' });
    const body = randomBytes(MiB);
    const { id } = await rt.json('/upload', { method: 'POST', body });
    expect(sha256(readFileSync(join(dir, `upload-${String(id)}.bin`)))).toBe(sha256(body));
  });

  test('an aborted upload is logged and its partial file removed', async () => {
    const rt = await start();
    const { request } = await halfUpload(rt, randomBytes(2 * MiB));
    request.destroy();
    expect(await rt.logged('upload aborted')).toMatchObject({ bytes: MiB, pod: 'rt-1' });
    expect(readdirSync(dir)).toEqual([]);
    expect(await rt.json('/inflight')).toMatchObject({ requests: 0, uploads: 0 });
  });

  test('a disk that refuses gives 507', async () => {
    const rt = await start({ RT_DATA_DIR: join(dir, 'missing') });
    const { status } = await rt.send('/upload', { method: 'POST', body: 'x' });
    expect(status).toBe(507);
  });
});

describe('graceful shutdown', () => {
  test.each(['0', '1'])(
    'finishes an upload half sent at SIGTERM, exits 0 (https: %s)',
    async (tls) => {
      const rt = await start({ RT_HTTPS: tls });
      const body = randomBytes(4 * MiB);
      const upload = await halfUpload(rt, body);
      rt.signal('SIGTERM');
      await rt.logged('shutdown: finishing');
      upload.finish();
      const answer = await upload.answer;
      expect(JSON.parse(answer.text)).toMatchObject({ sha256: sha256(body), bytes: body.length });
      expect(answer.headers.connection).toBe('close');
      expect(await rt.exited).toEqual([0, null]);
      expect(readdirSync(dir)).toEqual([]);
    },
  );

  test.each(['0', '1'])('closes idle keep-alive connections at once (https: %s)', async (tls) => {
    const rt = await start({ RT_HTTPS: tls });
    const agent = new (tls === '1' ? https : http).Agent({ keepAlive: true });
    const idle = rt.open('/', { agent });
    let closed = false;
    idle.once('socket', (socket) => socket.once('close', () => (closed = true)));
    idle.end();
    expect((await answerTo(idle)).headers['keep-alive']).toBe('timeout=75');
    const upload = await halfUpload(rt, randomBytes(MiB));
    expect(closed).toBe(false);
    rt.signal('SIGTERM');
    await until('the close of the idle connection', () => closed);
    upload.finish();
    expect((await upload.answer).status).toBe(200);
    expect(await rt.exited).toEqual([0, null]);
  });

  test('answers new requests with Connection: close while old ones go on', async () => {
    const rt = await start();
    const upload = await halfUpload(rt, randomBytes(MiB));
    rt.signal('SIGTERM');
    await rt.logged('shutdown: finishing');
    const agent = new http.Agent({ keepAlive: true });
    const echo = { method: 'POST', headers: { 'x-request-id': 'late' }, agent };
    expect(await rt.send('/echo', echo)).toMatchObject({
      status: 200,
      headers: { connection: 'close', 'x-pod': 'rt-1' },
    });
    expect((await rt.send('/health')).status).toBe(503);
    upload.finish();
    expect((await upload.answer).status).toBe(200);
    expect(await rt.exited).toEqual([0, null]);
  });

  test('told that its drain begins, it goes on and answers with Connection: close', async () => {
    const rt = await start();
    expect((await rt.send('/draining', { method: 'POST' })).status).toBe(204);
    const agent = new http.Agent({ keepAlive: true });
    const { status, headers } = await rt.send('/', { agent });
    expect({ status, connection: headers.connection }).toEqual({
      status: 200,
      connection: 'close',
    });
    expect((await rt.send('/health')).status).toBe(200);
  });

  test('lets a stream end whose header promised keep-alive', async () => {
    const rt = await start();
    const request = rt.open('/stream?ms=300&every=10', {
      agent: new http.Agent({ keepAlive: true }),
    });
    request.once('response', () => rt.signal('SIGTERM'));
    request.end();
    const { text, headers } = await answerTo(request);
    expect(headers.connection).toBe('keep-alive');
    expect(text).toMatch(/end\n$/);
    expect(await rt.exited).toEqual([0, null]);
  });

  test('closes WebSockets with 1001', async () => {
    const rt = await start();
    const client = new WebSocket(`ws://127.0.0.1:${rt.port}/ws`);
    await once(client, 'open');
    client.send('hello');
    expect(String((await once(client, 'message'))[0])).toBe('hello');
    expect(await rt.json('/inflight')).toMatchObject({ websockets: 1 });
    const closed = once(client, 'close');
    rt.signal('SIGTERM');
    expect((await closed)[0]).toBe(1001);
    expect(await rt.exited).toEqual([0, null]);
  });

  test('ends event streams with the word when to come back, and answers long polls', async () => {
    const rt = await start();
    const request = rt.open('/events?every=10');
    const stream = answerTo(request);
    request.end();
    const polled = rt.send('/poll');
    await until('both', async () => (await rt.json('/inflight')).requests === 2);
    rt.signal('SIGTERM');
    const { headers, text } = await stream;
    expect(headers['content-type']).toBe('text/event-stream');
    expect(text).toMatch(/^id: 1\ndata: rt-1 [^]*\n\nretry: \d+\n\n$/);
    expect(await polled).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(JSON.parse((await polled).text)).toEqual({ event: null, pod: 'rt-1' });
    expect(await rt.exited).toEqual([0, null]);
  });

  test.each(['0', '1'])('is not held up by a client that never speaks (https: %s)', async (tls) => {
    const rt = await start({ RT_HTTPS: tls });
    const silent = connect(rt.port, '127.0.0.1').on('error', () => {});
    await until('the connection', async () => (await rt.json('/inflight')).connections === 2);
    rt.signal('SIGTERM');
    expect(await rt.exited).toEqual([0, null]);
    silent.destroy();
  });

  test('still answers a request whose connection was open, unused, at SIGTERM', async () => {
    const rt = await start();
    const socket = connect(rt.port, '127.0.0.1').setEncoding('utf8');
    await until('the connection', async () => (await rt.json('/inflight')).connections === 2);
    rt.signal('SIGTERM');
    await rt.logged('shutdown: no longer listening');
    socket.write('GET / HTTP/1.1\r\nHost: rt\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1.1 200 OK[^]*Connection: close[^]*pod rt-1/);
    expect(await rt.exited).toEqual([0, null]);
  });
});

test('in exit mode SIGTERM ends the process at once and cuts the upload', async () => {
  const rt = await start({ RT_SHUTDOWN: 'exit' });
  const upload = await halfUpload(rt, randomBytes(MiB));
  rt.signal('SIGTERM');
  expect(await rt.exited).toEqual([0, null]);
  await expect(upload.answer).rejects.toThrow();
});

test('two pods that share a journal write each id once, before its answer', async () => {
  const journal = join(dir, 'journal');
  const pods = await Promise.all([start({ RT_JOURNAL: journal }), start({ RT_JOURNAL: journal })]);
  const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`);
  await Promise.all(
    ids.map(async (id, index) => {
      const rt = pods[index % 2]!;
      const answer = await rt.json('/echo', { method: 'POST', headers: { 'x-request-id': id } });
      expect(answer).toEqual({ id, pod: 'rt-1' });
      expect(readFileSync(journal, 'utf8').split('\n')).toContain(id);
    }),
  );
  expect(readFileSync(journal, 'utf8').trimEnd().split('\n').sort()).toEqual([...ids].sort());
});

test('HTTPS shows the server name and Host it was asked for', async () => {
  const rt = await start({ RT_HTTPS: '1' });
  const asked = { servername: 'rt.example', headers: { host: 'rt.example:8443' } };
  expect(await rt.json('/headers', asked)).toMatchObject({
    servername: 'rt.example',
    headers: { host: 'rt.example:8443' },
  });
});

test('health fails on demand, and only where faults are allowed', async () => {
  const rt = await start({ RT_FAULTS: '1' });
  const fault = (health: boolean) => ({ method: 'POST', body: JSON.stringify({ health }) });
  expect((await rt.send('/health')).status).toBe(200);
  await rt.json('/fault', fault(false));
  expect((await rt.send('/health')).status).toBe(503);
  await rt.json('/fault', fault(true));
  expect((await rt.send('/health')).status).toBe(200);

  const strict = await start();
  expect((await strict.send('/fault', fault(false))).status).toBe(403);
  expect((await strict.send('/health')).status).toBe(200);
});

test('the small routes do what their names say', async () => {
  const rt = await start();
  expect((await rt.send('/status/418')).status).toBe(418);
  expect((await rt.send('/status/99')).status).toBe(404);
  expect((await rt.send('/nowhere', { method: 'POST', body: 'x' })).status).toBe(404);
  expect((await rt.send('/echo', { method: 'POST' })).status).toBe(400);
  expect((await rt.send('/slow?ms=soon')).status).toBe(400);
  const startMs = performance.now();
  await rt.json('/slow?ms=100');
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(99);
  expect(await rt.json('/poll?ms=20')).toEqual({ event: null, pod: 'rt-1' });
  expect((await rt.send('/stream?ms=30&every=10')).text).toMatch(/^0 ms\n([^]*\n)?end\n$/);
  await expect(rt.send('/reset')).rejects.toThrow('ECONNRESET');
});
