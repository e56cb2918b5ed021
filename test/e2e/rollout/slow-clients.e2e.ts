/** Uploads that crawl belong to no pod while the gateway buffers them; what is bound at once is waited for. */
import { createHash } from 'node:crypto';
import { connect, type ClientHttp2Session } from 'node:http2';
import { WebSocket } from 'ws';
import type { Pod } from '../../../harness/pod';
import { startLoad } from '../../../load/load';
import { waitFor } from '../../../harness/wait';
import { DEADLINE_MS, drained, expectAnsweredAfter, shortDeadline } from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet } from '../support/fleet';
import { begin, type Answer } from '../support/request';

let eye: Eye;
const fleet = sharedFleet({ ...shortDeadline, pods: 2 }, (fleet) => {
  eye = new Eye(fleet.redis!.url);
  return () => eye.close();
});
const gateway = () => fleet().gateways[0]!;

test('while uploads crawl into the gateway’s buffer no pod waits for them, and they all succeed', async () => {
  const load = startLoad({
    urls: [gateway().proxyUrl],
    ...{ getRate: 20, postRate: 10, uploads: 6, uploadMb: 8, uploadRate: 1_000_000 },
  });
  await waitFor('the uploads', () => load.snapshot().uploadsInFlight.length === 6);
  const { deletions } = await fleet().roll();
  const unfinished = load.snapshot().uploadsInFlight.length;
  const result = await load.stop();
  expect(unfinished).toBeGreaterThan(0);
  for (const { hook } of deletions) {
    expect(hook).toMatchObject({ body: { outcome: 'released' } });
    expect(hook!.ms).toBeLessThan(3000); // an upload takes 8 s
  }
  expect(result).toMatchObject({ errors: {}, failed: 0, cut: 0, corrupt: 0 });
  expect(result.uploads).toBeGreaterThanOrEqual(6);
}, 90_000);

const FIRST = Buffer.alloc(200_000, 'first');
const LAST = Buffer.alloc(200_000, 'last');
const SHA256 = createHash('sha256').update(FIRST).update(LAST).digest('hex');

/** An upload of FIRST and LAST that waits between them. */
interface HalfUpload {
  finish(): Promise<Pick<Answer, 'status' | 'body'>>;
}

function http1(headers: Record<string, string | number>): HalfUpload {
  const upload = begin(`${gateway().proxyUrl}/upload`, { method: 'POST', headers });
  upload.send(FIRST);
  return {
    finish: () => {
      upload.end(LAST);
      return upload.answer;
    },
  };
}

let session: ClientHttp2Session | undefined;
afterEach(() => session?.destroy());

function http2(headers: Record<string, string | number>): HalfUpload {
  session = connect(gateway().tlsUrl, { rejectUnauthorized: false });
  const stream = session.request({ ':method': 'POST', ':path': '/upload', ...headers });
  stream.write(FIRST);
  const answer = new Promise<Pick<Answer, 'status' | 'body'>>((resolve, reject) => {
    let status = 0;
    let body = '';
    stream.on('response', (headers) => (status = headers[':status'] ?? 0));
    stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    stream.on('end', () => resolve({ status, body })).on('error', reject);
  });
  return {
    finish: () => {
      stream.end(LAST);
      return answer;
    },
  };
}

const length = { 'content-length': FIRST.length + LAST.length };

test.each<[string, () => HalfUpload]>([
  ['with content-length', () => http1(length)],
  ['chunked', () => http1({})],
  ['over HTTP/2 with content-length', () => http2(length)],
])('an upload %s outlives every pod that served when it began', async (_, start) => {
  const upload = start();
  const { deletions } = await fleet().roll();
  for (const { hook } of deletions) expect(hook).toMatchObject({ body: { outcome: 'released' } });
  const { status, body } = await upload.finish();
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ sha256: SHA256 });
});

test('an upload over HTTP/2 without content-length is whole, bound early or late, and its pod waits for it', async () => {
  const upload = http2({});
  const rolled = fleet().roll();
  // Bound at once it holds its pod, so a rollout cannot end before it.
  await waitFor('the last pod’s drain', async () => {
    const records = await Promise.all(
      fleet()
        .allPods()
        .map(({ target }) => eye.target(target)),
    );
    return records.filter((record) => record?.state === 'serving').length === 2;
  });
  const { status, body } = await upload.finish();
  expect(status).toBe(200);
  expect(JSON.parse(body)).toMatchObject({ sha256: SHA256 });
  for (const { hook } of (await rolled).deletions) {
    expect(hook).toMatchObject({ body: { outcome: 'released' } });
  }
});

async function webSocket(): Promise<{ socket: WebSocket; pod: Pod }> {
  await eye.untilInFlight(gateway().name, 0);
  const socket = new WebSocket(`${gateway().proxyUrl.replace('http', 'ws')}/ws`);
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const pod = await waitFor('the WebSocket’s pod', async () => {
    const [target] = Object.keys(await eye.inFlight(gateway().name));
    return fleet()
      .pods()
      .find((pod) => pod.target === target);
  });
  return { socket, pod };
}

async function echoes(socket: WebSocket, word: string): Promise<void> {
  const back = new Promise((resolve) => socket.once('message', resolve));
  socket.send(word);
  expect(String(await back)).toBe(word);
}

test('a WebSocket holds its pod while it lives, echoes all the while, and its end releases the pod', async () => {
  const { socket, pod } = await webSocket();
  await fleet().addPod();
  const drain = drained(fleet(), pod);
  await eye.untilTarget(pod.target, 'draining');
  await echoes(socket, 'still here');
  await eye.untilInFlight(gateway().name, 1);
  await echoes(socket, 'and here');
  const closedMs = performance.now();
  socket.close();
  const { summary, answeredMs } = await drain;
  expect(summary).toMatchObject({ outcome: 'released' });
  expectAnsweredAfter(answeredMs, closedMs);
});

test('a WebSocket that does not end is waited for to the deadline, and closed by its pod with 1001', async () => {
  const { socket, pod } = await webSocket();
  await fleet().addPod();
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const { summary } = await drained(fleet(), pod);
  expect(summary.totalMs).toBeGreaterThanOrEqual(DEADLINE_MS);
  expect(summary).toMatchObject({
    ...{ outcome: 'released', cutRequests: [], cutConnections: [] },
    closed: [{ kind: 'websocket', path: '/ws', clients: 1 }],
  });
  expect(await closed).toBe(1001);
});
