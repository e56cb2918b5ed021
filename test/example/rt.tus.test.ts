// Resumable uploads of the example runtime: two pods, one shared directory, real sockets.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerTo, startRuntime, stopAll, until, type Runtime } from './runtime';

const BODY = randomBytes(2 << 20);
const HALF = BODY.length / 2;
const TUS = { 'tus-resumable': '1.0.0' };

let dir: string;
let first: Runtime;
let second: Runtime;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rt-tus-'));
  const start = (pod: string) => startRuntime({ RT_POD: pod, RT_TUS_DIR: dir, RT_DATA_DIR: dir });
  [first, second] = [await start('rt-1'), await start('rt-2')];
});
afterEach(async () => {
  await stopAll();
  rmSync(dir, { recursive: true });
});

async function create(): Promise<string> {
  const headers = { ...TUS, 'upload-length': BODY.length };
  const { status, headers: answered } = await first.send('/files', { method: 'POST', headers });
  expect(status).toBe(201);
  return answered.location!;
}

function patch(rt: Runtime, path: string, offset: number) {
  const request = rt.open(path, {
    method: 'PATCH',
    headers: {
      ...TUS,
      ...{ 'upload-offset': offset, 'content-length': BODY.length - offset },
      'content-type': 'application/offset+octet-stream',
    },
  });
  const answer = answerTo(request);
  answer.catch(() => {});
  return { request, answer };
}

/** Sends the first half of the upload and waits until it is in the shared directory. */
async function halfSent(path: string) {
  const sent = patch(first, path, 0);
  sent.request.write(BODY.subarray(0, HALF));
  await until('half of the upload in the directory', () =>
    readdirSync(dir).some((file) => statSync(join(dir, file)).size === HALF),
  );
  return sent;
}

async function expectTheRestGoesTo(rt: Runtime, path: string): Promise<void> {
  const head = await rt.send(path, { method: 'HEAD', headers: TUS });
  expect(head.headers['upload-offset']).toBe(String(HALF));
  const rest = patch(rt, path, HALF);
  rest.request.end(BODY.subarray(HALF));
  expect(await rest.answer).toMatchObject({ status: 204, headers: { 'x-pod': 'rt-2' } });
  const whole = rt.open(path);
  const hash = createHash('sha256');
  whole.end();
  whole.on('response', (response) => response.on('data', (chunk: Buffer) => hash.update(chunk)));
  await new Promise((resolve) => whole.on('close', resolve));
  expect(hash.digest('hex')).toBe(createHash('sha256').update(BODY).digest('hex'));
}

test('an upload of a pod that was killed goes on at another', async () => {
  const path = await create();
  expect(path).toMatch(/^\/files\/\w+$/);
  await halfSent(path);
  await first.kill();
  await expectTheRestGoesTo(second, path);
});

test('at SIGTERM a pod answers with what has arrived and ends, instead of waiting for the rest', async () => {
  const path = await create();
  const { answer } = await halfSent(path);
  expect(await first.json('/inflight')).toMatchObject({ uploads: 1 });
  first.signal('SIGTERM');
  expect(await answer).toMatchObject({
    status: 204,
    headers: { 'upload-offset': String(HALF), connection: 'close' },
  });
  expect(await first.exited).toEqual([0, null]);
  await expectTheRestGoesTo(second, path);
});

test('without a shared directory there are no resumable uploads', async () => {
  const rt = await startRuntime({ RT_POD: 'rt-3' });
  const headers = { ...TUS, 'upload-length': 1 };
  expect(await rt.send('/files', { method: 'POST', headers })).toMatchObject({ status: 404 });
});
