/** In-flight counts (Exact): whatever ends a request, it is counted out, as the gateway itself reports to the registry. */
import { connect } from 'node:http2';
import { parse, stringify } from 'yaml';
import { WebSocket } from 'ws';
import { podAddress } from '../../harness/addresses';
import type { Gateway } from '../../harness/gateway/gateway';
import { httpGet } from '../../harness/http-get';
import { waitFor } from '../../harness/wait';
import { announceTarget } from './support/announced';
import { Eye, sum } from './support/eye';
import { sharedFleet, untilRouting } from './support/fleet';
import { ask, begin, type OpenRequest } from './support/request';

const drain = { name: 'drain', config: { pool: 'rt' } };
const early = { name: 'drain', config: { pool: 'rt', late_binding: false } };

let eye: Eye;
let gateway: Gateway;
const fleet = sharedFleet(
  { mode: 'drain', pods: 2, gatewayEnv: { DRAIN_RENEW_MS: '100' } },
  async (fleet) => {
    gateway = fleet.gateways[0]!;
    eye = new Eye(fleet.redis!.url);
    await gateway.reload(moreRoutes(fleet.declarative()));
    await untilRouting(fleet);
    return () => eye.close();
  },
);
beforeEach(() => untilUploads(0));

/** The same Upstream behind Services that differ in one thing each. */
function moreRoutes(yaml: string): string {
  const config = parse(yaml) as { services: Record<string, unknown>[] };
  const service = (name: string, more: object, route: object = {}) => ({
    name,
    host: 'rt.upstream',
    plugins: [drain],
    ...more,
    routes: [{ name, paths: [`/${name}`], ...route }],
  });
  config.services.push(
    service('unbuffered', {}, { request_buffering: false }),
    service('early', { plugins: [early] }),
    service('hasty', { read_timeout: 400, retries: 1 }),
    service('stopped', {
      plugins: [drain, { name: 'request-termination', config: { status_code: 418 } }],
    }),
  );
  return stringify(config);
}

const until = (wanted: number): Promise<void> => eye.untilInFlight(gateway.name, wanted);
/** So many in flight, all of them uploads, and each for the target that its request is counted for. */
async function untilUploads(wanted: number): Promise<void> {
  await until(wanted);
  await waitFor(`${wanted} uploads`, async () => {
    const [inFlight, uploads] = [await eye.inFlight(gateway.name), await eye.uploads(gateway.name)];
    expect(uploads).toEqual(wanted === 0 ? undefined : inFlight);
    return true;
  });
}
const url = (path: string): string => `${gateway.proxyUrl}${path}`;

function post(path: string, length = 1_000_000): OpenRequest {
  return begin(url(path), { method: 'POST', headers: { 'content-length': length } });
}

describe('the client goes away', () => {
  test.each([['unbuffered'], ['early']])('in the body (%s): counted, then 0', async (name) => {
    const upload = post(`/${name}/upload`);
    upload.send('the first bytes');
    await until(1);
    upload.abort();
    await until(0);
  });

  test('in a buffered body: no pod is bound, nothing is ever counted', async () => {
    const upload = post('/upload');
    upload.send(Buffer.alloc(300_000));
    const report = await eye.report(gateway.name);
    await waitFor('more reports', async () => {
      expect(sum(await eye.inFlight(gateway.name))).toBe(0);
      return (await eye.report(gateway.name))!.serial > report!.serial + 2;
    });
    upload.abort();
    await until(0);
  });

  test('in a chunked body that streams to its pod', async () => {
    const upload = begin(url('/unbuffered/upload'), { method: 'POST' });
    upload.send('some');
    await until(1);
    upload.abort();
    await until(0);
  });

  test('while it waits for the answer', async () => {
    const slow = begin(url('/slow?ms=20000'));
    slow.end();
    await until(1);
    slow.abort();
    await until(0);
  });

  test('in the answer', async () => {
    const stream = begin(url('/stream?ms=20000&every=50'));
    stream.end();
    await stream.firstBytes;
    await until(1);
    stream.abort();
    await until(0);
  });

  test('by resetting one HTTP/2 stream, and by dropping the session', async () => {
    const session = connect(gateway.tlsUrl, { rejectUnauthorized: false });
    session.on('error', () => undefined);
    const streams = [1, 2, 3].map(() => session.request({ ':path': '/slow?ms=20000' }));
    for (const stream of streams) stream.on('error', () => undefined);
    await until(3);
    streams[0]!.close(8); // CANCEL
    await until(2);
    session.destroy();
    await until(0);
  });

  test('from a WebSocket', async () => {
    const socket = new WebSocket(url('/ws').replace('http', 'ws'));
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    await until(1);
    socket.terminate();
    await until(0);
  });
});

describe('the runtime fails', () => {
  test('by a reset, on every try of twenty requests', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(url('/reset'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([502]));
    await until(0);
  });

  test('by silence: counted while it waits, then 504 and 0', async () => {
    const slow = Array.from({ length: 4 }, () => ask(url('/hasty/slow?ms=20000')));
    for (const { status } of await Promise.all(slow)) expect(status).toBe(504);
    await until(0);
  });

  test('by refusing: the try moves to a pod that serves, counted once and there', async () => {
    const dead = await announceTarget(eye.pool, `${podAddress(900)}:8080`);
    try {
      await routesTo(dead.epoch);
      const requests = Array.from({ length: 20 }, () => ask(url('/slow?ms=3000')));
      await until(20);
      expect(Object.keys(await eye.inFlight(gateway.name)).sort()).toEqual(
        fleet()
          .pods()
          .map(({ target }) => target)
          .sort(),
      );
      for (const { status } of await Promise.all(requests)) expect(status).toBe(200);
      await until(0);
      expect(await retries()).toBeGreaterThan(0);
    } finally {
      await dead.withdraw();
    }
  });

  test.each([404, 503])('by status %d', async (status) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(url(`/status/${status}`))),
    );
    for (const answer of answers) expect(answer.status).toBe(status);
    await until(0);
  });
});

describe('an upload is counted as one while its request is', () => {
  const MIB = 2 ** 20;
  const chunked = (): OpenRequest => begin(url('/unbuffered/upload'), { method: 'POST' });

  test.each([
    ['of 2 MiB, slow', () => post('/unbuffered/upload', 2 * MIB)],
    ['of unknown length', chunked],
  ])('%s, to its end or till its client goes away', async (_, start) => {
    const uploads = Array.from({ length: 6 }, start);
    for (const upload of uploads) upload.send(Buffer.alloc(MIB));
    await untilUploads(6);
    for (const upload of uploads.splice(0, 3)) upload.abort();
    await untilUploads(3);
    for (const upload of uploads) upload.end(Buffer.alloc(MIB));
    for (const { answer } of uploads) expect((await answer).status).toBe(200);
    await untilUploads(0);

    const others = Array.from({ length: 6 }, () => begin(url('/slow?ms=20000')));
    for (const other of others) other.end();
    await until(6);
    expect(await eye.uploads(gateway.name)).toBeUndefined();
    for (const other of others) other.abort();
  });

  test('over HTTP/2 without a length', async () => {
    const session = connect(gateway.tlsUrl, { rejectUnauthorized: false });
    const stream = session.request({ ':method': 'POST', ':path': '/unbuffered/upload' });
    stream.write('some');
    await untilUploads(1);
    stream.end();
    await new Promise((resolve) => stream.resume().on('close', resolve));
    session.close();
    await untilUploads(0);
  });

  test('and a GET, or a POST of less than 1 MiB, is none', async () => {
    const others = [begin(url('/slow?ms=20000')), post('/unbuffered/upload', MIB - 1)];
    others[0]!.end();
    others[1]!.send('some');
    await until(2);
    expect(await eye.uploads(gateway.name)).toBeUndefined();
    for (const other of others) other.abort();
    await until(0);
  });

  test('at the target where a retry took it, and not at the one that refused', async () => {
    const id = `${podAddress(901)}:8080`;
    const dead = await announceTarget(eye.pool, id);
    try {
      await routesTo(dead.epoch);
      const before = await retries();
      const uploads = Array.from({ length: 20 }, () => post('/unbuffered/upload', 2 * MIB));
      for (const upload of uploads) upload.send('the first bytes');
      await untilUploads(20);
      expect(Object.keys((await eye.uploads(gateway.name))!)).not.toContain(id);
      expect(await retries()).toBeGreaterThan(before);
      for (const upload of uploads) upload.abort();
      await untilUploads(0);
    } finally {
      await dead.withdraw();
    }
  });
});

test('a request that another plugin answers, or that no route takes, is not counted', async () => {
  expect((await ask(url('/stopped/'))).status).toBe(418);
  expect((await ask(url('/slow?ms=1'), { method: 'GET' })).status).toBe(200);
  await until(0);
});

test('a request that outlives a reload is counted in its old worker to its end', async () => {
  const upload = begin(url('/unbuffered/upload'), { method: 'POST' });
  upload.send('12345');
  await untilUploads(1);
  await gateway.reload();
  await untilRouting(fleet());
  await untilUploads(1);
  upload.end('67890');
  await expect(upload.answer).resolves.toMatchObject({ status: 200 });
  await untilUploads(0);
});

test('of a killed worker the counts vanish, those of the others stay', async () => {
  const uploads = Array.from({ length: 12 }, () =>
    begin(url('/unbuffered/upload'), { method: 'POST' }),
  );
  for (const upload of uploads) upload.send('12345');
  await untilUploads(12);
  let cut = 0;
  for (const { answer } of uploads) answer.catch(() => cut++);
  process.kill(gateway.workerPids().at(-1)!, 'SIGKILL');
  await waitFor('all clients of the killed worker, and its counts', async () => {
    const counts = Object.values(await eye.inFlight(gateway.name));
    return cut > 0 && counts.reduce((sum, count) => sum + count, 0) === 12 - cut;
  });
  await untilUploads(12 - cut);
  expect(cut).toBeLessThan(12);
  for (const upload of uploads) upload.end('67890');
  const results = await Promise.allSettled(uploads.map(({ answer }) => answer));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(12 - cut);
  await untilUploads(0);
});

async function routesTo(epoch: number): Promise<void> {
  await waitFor(
    'the gateway’s ack',
    async () => ((await eye.report(gateway.name))?.epoch ?? 0) >= epoch,
  );
}

async function retries(): Promise<number> {
  const { body } = await httpGet(gateway.metricsUrl!);
  return Number(/drain_kong_events_total\{event="retries"\} (\d+)/.exec(body)?.[1] ?? 0);
}
