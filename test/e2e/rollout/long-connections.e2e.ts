/**
 * Connections that outlive everything: WebSockets, server-sent events, long polls. They count as in flight; where the
 * pool says so, a drain waits for what streams only for a time, closes it knowingly and says what that was.
 */
import { createHash } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { WebSocket } from 'ws';
import type { FleetOptions } from '../../../harness/fleet-options';
import { httpGet } from '../../../harness/http-get';
import type { Pod } from '../../../harness/pod';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import type { SidecarStatus } from '../../../sidecar/sidecar';
import { DEADLINE_MS, drained, expectAnsweredAfter, shortDeadline } from '../support/drained';
import { eventStream, type EventStream } from '../support/event-stream';
import { Eye, sum } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { begin, type OpenRequest } from '../support/request';
import { expectUnharmed, underLoad } from '../support/under-load';

const LONG_MS = 2000;
const [GRACE_SECONDS, RESERVE_SECONDS] = [25, 2];
const HALF = Buffer.alloc(200_000, 'half');
const SHA256 = createHash('sha256').update(HALF).update(HALF).digest('hex');

let eye: Eye;
const toClose: (() => void)[] = [];
afterEach(() => toClose.splice(0).forEach((close) => close()));

/** A fleet of one pod, so that its clients are where they are looked for; with a route that streams bodies. */
const fleetOf = (options: Partial<FleetOptions>) =>
  sharedFleet({ ...shortDeadline, pods: 1, ...options }, async (fleet) => {
    eye = new Eye(fleet.redis!.url);
    await Promise.all(fleet.gateways.map((gateway) => gateway.reload(withUnbuffered(fleet))));
    await untilRouting(fleet);
    return () => eye.close();
  });

function withUnbuffered(fleet: Fleet): string {
  const config = parse(fleet.declarative()) as { services: object[] };
  config.services.push({
    name: 'unbuffered',
    host: 'rt.upstream',
    plugins: [{ name: 'drain', config: { pool: 'rt' } }],
    routes: [{ name: 'unbuffered', paths: ['/unbuffered'], request_buffering: false }],
  });
  return stringify(config);
}

interface Socket {
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly atMs: number }>;
}

async function webSocket(url: string): Promise<Socket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=secret`);
  const closed = new Promise<{ code: number; atMs: number }>((resolve) =>
    socket.on('close', (code) => resolve({ code, atMs: performance.now() })),
  );
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  socket.on('error', () => undefined);
  toClose.push(() => socket.terminate());
  return { socket, closed };
}

function events(url: string): EventStream {
  const stream = eventStream(`${url}/events?every=100&token=secret`);
  toClose.push(() => stream.close());
  return stream;
}

function halfUpload(url: string, path = '/unbuffered/upload', method = 'POST'): OpenRequest {
  const upload = begin(`${url}${path}`, { method, headers: { 'content-length': 2 * HALF.length } });
  upload.send(HALF);
  toClose.push(() => upload.abort());
  return upload;
}

function poll(url: string, ms: number): OpenRequest {
  const request = begin(`${url}/poll?ms=${ms}`);
  request.end();
  toClose.push(() => request.abort());
  return request;
}

async function untilInFlight(fleet: Fleet, wanted: number): Promise<void> {
  await waitFor(`${wanted} in flight`, async () => {
    const counts = await Promise.all(fleet.gateways.map(({ name }) => eye.inFlight(name)));
    return counts.reduce((all, each) => all + sum(each), 0) === wanted;
  });
}

async function sidecar(pod: Pod): Promise<SidecarStatus> {
  return JSON.parse((await httpGet(`${pod.sidecarUrl}/status`)).body) as SidecarStatus;
}

async function untilElapsed(pod: Pod, ms: number): Promise<SidecarStatus> {
  return waitFor(
    `${ms} ms of the drain`,
    async () => {
      const status = await sidecar(pod);
      return (status.drain?.elapsedMs ?? 0) > ms && status;
    },
    { timeoutMs: 20_000 },
  );
}

const heldRequests = ({ drain }: SidecarStatus): number =>
  (drain?.holds ?? []).reduce(
    (all, hold) => all + (hold.why === 'in-flight' ? hold.inFlight : 0),
    0,
  );

describe('with long_connection_seconds', () => {
  const fleet = fleetOf({
    ...{ gateways: 2, graceSeconds: GRACE_SECONDS },
    sidecarEnv: {
      ...shortDeadline.sidecarEnv,
      DRAIN_RESERVE_SECONDS: String(RESERVE_SECONDS),
      DRAIN_LONG_CONNECTION_SECONDS: String(LONG_MS / 1000),
    },
  });
  const urls = () => fleet().gateways.map(({ proxyUrl }) => proxyUrl);

  test('what streams is closed after that time, an upload and a long poll are not; clients come back at once', async () => {
    const [pod] = fleet().pods();
    const [first, second] = urls() as [string, string];
    const sockets = await Promise.all([first, first, second].map(webSocket));
    const streams = [first, second, `${second}/unbuffered`].map(events);
    const polled = poll(first, 3 * LONG_MS);
    const upload = halfUpload(second);
    await untilInFlight(fleet(), 8);
    await fleet().addPod();

    const result = await underLoad(fleet(), async () => {
      const drain = drainOf(pod!);
      await untilElapsed(pod!, 2 * LONG_MS);
      await polled.answer;
      const waiting = await untilElapsed(pod!, 3 * LONG_MS);
      expect(heldRequests(waiting)).toBeGreaterThan(0);
      expect(sockets.every(({ socket }) => socket.readyState === WebSocket.OPEN)).toBe(true);
      upload.end(HALF);
      const { status, headers, body } = await upload.answer;
      expect({ status, pod: headers['x-pod'] }).toEqual({ status: 200, pod: pod!.name });
      expect(JSON.parse(body)).toMatchObject({ sha256: SHA256 });

      const { summary, answeredMs } = await drain;
      expect(summary).toMatchObject({ outcome: 'released', blind: false, cutRequests: [] });
      expect(summary.totalMs).toBeLessThan((GRACE_SECONDS - RESERVE_SECONDS) * 1000);
      expect(summary.closed).toEqual([
        { kind: 'websocket', path: '/ws', clients: 3, ageMs: expect.any(Number) as number },
        { kind: 'sse', path: '/events', clients: 2, ageMs: expect.any(Number) as number },
        {
          kind: 'sse',
          path: '/unbuffered/events',
          clients: 1,
          ageMs: expect.any(Number) as number,
        },
      ]);
      for (const { ageMs } of summary.closed) expect(ageMs).toBeGreaterThanOrEqual(LONG_MS);
      // The runtime hears of it after the hook's answer, and says so to its clients.
      for (const { closed } of sockets) {
        const { code, atMs } = await closed;
        expect(code).toBe(1001);
        expectAnsweredAfter(atMs, answeredMs);
      }
    });
    expectUnharmed(result);
    await waitFor('the streams elsewhere', () =>
      streams.every(
        ({ connections }) => (connections.at(-1)?.events ?? 0) > 1 && connections.length > 1,
      ),
    );
    for (const { connections, failures } of streams) {
      expect(failures).toEqual([]);
      expect(connections).toHaveLength(2);
      expect(connections[0]).toMatchObject({
        pod: pod!.name,
        end: 'ended',
        retryMs: expect.any(Number) as number,
      });
      expect(connections[1]!.pod).not.toBe(pod!.name);
    }
  });

  test('an upload whose answer has begun is waited for, for nobody knows what is still to come', async () => {
    const [pod] = fleet().pods();
    const upload = halfUpload(urls()[0]!, `/unbuffered/stream?ms=${5 * LONG_MS}`, 'GET');
    await upload.firstBytes;
    await fleet().addPod();
    const { summary } = await drainOf(pod!);
    expect(summary).toMatchObject({ outcome: 'released', closed: [] });
    expect(summary.totalMs).toBeGreaterThan(LONG_MS);
    upload.end(HALF);
    expect((await upload.answer).body).toMatch(/end\n$/);
  });

  test('a worker that exits tells what it streams, too: after a reload it is closed in the same time', async () => {
    const [pod] = fleet().pods();
    const { closed } = await webSocket(urls()[0]!);
    await untilInFlight(fleet(), 1);
    await fleet().gateways[0]!.reload();
    await fleet().addPod();
    const { summary } = await drainOf(pod!);
    expect(summary).toMatchObject({
      outcome: 'released',
      closed: [{ kind: 'websocket', path: '/ws', clients: 1 }],
    });
    expect(summary.totalMs).toBeLessThan(4 * LONG_MS);
    expect((await closed).code).toBe(1001);
  });

  /** Its bound is the fleet's own deadline, which is longer than that of others. */
  async function drainOf(pod: Pod) {
    const startMs = performance.now();
    const { hook } = await fleet().deletePod(pod);
    expect(hook).toMatchObject({ ok: true, status: 200 });
    const summary = hook!.body as Awaited<ReturnType<typeof drained>>['summary'];
    return { summary, answeredMs: startMs + hook!.ms };
  }
});

describe('without it', () => {
  const fleet = fleetOf({});
  const url = () => fleet().gateways[0]!.proxyUrl;

  test('a drain waits until the last of them has left', async () => {
    const [pod] = fleet().pods();
    const { socket } = await webSocket(url());
    const stream = events(url());
    const polled = poll(url(), 1000);
    await untilInFlight(fleet(), 3);
    await fleet().addPod();
    const drain = drained(fleet(), pod!);
    await untilElapsed(pod!, 1500);
    expect((await polled.answer).status).toBe(200);
    await waitFor(
      'the poll to be counted out',
      async () => heldRequests(await sidecar(pod!)) === 2,
    );
    stream.close();
    await waitFor(
      'the stream to be counted out',
      async () => heldRequests(await sidecar(pod!)) === 1,
    );
    const closedMs = performance.now();
    socket.close();
    const { summary, answeredMs } = await drain;
    expect(summary).toMatchObject({ outcome: 'released', closed: [] });
    expectAnsweredAfter(answeredMs, closedMs);
  });

  test('at the deadline they are closed knowingly and listed; only the upload beside them is cut', async () => {
    const [pod] = fleet().pods();
    const sockets = await Promise.all([webSocket(url()), webSocket(url())]);
    const stream = events(url());
    await untilInFlight(fleet(), 3);
    const upload = halfUpload(url());
    await untilInFlight(fleet(), 4);
    await fleet().addPod();
    const { summary } = await drained(fleet(), pod!);
    const { name: gateway } = fleet().gateways[0]!;
    expect(summary.totalMs).toBeGreaterThanOrEqual(DEADLINE_MS);
    expect(summary).toMatchObject({
      outcome: 'cut',
      cutRequests: [{ gateway, why: 'in-flight', inFlight: 1 }],
      closed: [
        { kind: 'websocket', path: '/ws', clients: 2 },
        { kind: 'sse', path: '/events', clients: 1 },
      ],
    });
    for (const { closed } of sockets) expect((await closed).code).toBe(1001);
    await waitFor('the stream elsewhere', () => stream.connections.length === 2);
    await expect(upload.answer).resolves.toMatchObject({ status: 502 });
  });
});
