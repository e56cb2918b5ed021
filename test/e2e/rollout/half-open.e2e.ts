/**
 * Requests whose answer has begun: a drain that does not wait for what only streams still waits for each whose body may
 * be under way, however the client sends it. By the gateway's own reports, and the sidecar's rule (core/barrier.ts).
 */
import { parse, stringify } from 'yaml';
import { barrier } from '../../../core/barrier';
import { reportedMsOf } from '../../../core/records';
import type { Gateway } from '../../../harness/gateway/gateway';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import type { Registry } from '../../../registry/registry';
import { openRegistry } from '../../../registry/open';
import { announceTarget, type AnnouncedTarget } from '../support/announced';
import { sharedFleet } from '../support/fleet';
import { answerAtOnce, askInBytes, askInFrames, type Asking } from '../support/half-open';

/** `control`: of what streams there, the report shows that the worker has looked. */
type Pool = 'buffered' | 'unbuffered' | 'grpc' | 'control';

const SERVICES: Readonly<Record<Pool, { readonly service?: object; readonly route?: object }>> = {
  control: {},
  buffered: {},
  unbuffered: { route: { request_buffering: false } },
  grpc: { service: { protocol: 'grpc' }, route: { protocols: ['grpc', 'grpcs'] } },
};

let registry: Registry;
const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

const fleet = sharedFleet(
  { mode: 'drain', pods: 1, workers: 1, gatewayEnv: { DRAIN_RENEW_MS: '300' } },
  async (started) => {
    registry = openRegistry(
      { DRAIN_REDIS_URL: started.redis!.url, DRAIN_ALLOWED_CIDRS: '' },
      { badRecord: () => undefined, redisError: () => undefined },
    );
    await started.gateways[0]!.reload(withPools(started));
    return () => registry.close();
  },
);

function withPools(started: Fleet): string {
  const config = parse(started.declarative()) as { services: object[] };
  for (const [name, { service, route }] of Object.entries(SERVICES)) {
    const plugins = [{ name: 'drain', config: { pool: name } }];
    const routes = [{ name, paths: [`/${name}`], strip_path: false, ...route }];
    config.services.push({ name, host: 'rt.upstream', ...service, plugins, routes });
  }
  return stringify(config);
}

const gateway = (): Gateway => fleet().gateways[0]!;

async function report(pool: Pool) {
  const { gateways, nowMs } = await registry.pool(pool).progress('', 0);
  const [found] = gateways;
  if (!found) throw new Error(`no gateway in pool ${pool}`);
  return { ...found, nowMs };
}

/** The pool's only target, and the gateway knows it. */
async function serving(pool: Pool): Promise<AnnouncedTarget & { readonly target: string }> {
  const server = await answerAtOnce(pool === 'grpc' ? 'h2c' : 'http/1.1');
  const announced = await announceTarget(registry.pool(pool), server.target);
  toClose.push(() => announced.withdraw(), server.close);
  await untilAcked(pool, announced.epoch);
  return { ...announced, target: server.target };
}

async function untilAcked(pool: Pool, epoch: number): Promise<void> {
  await waitFor(`the ack of ${pool}`, async () => (await report(pool)).epoch >= epoch);
}

async function begun(asking: Asking): Promise<void> {
  toClose.push(asking.close);
  await asking.begun;
}

/** Whether a drain that does not wait for streams waits for what `ask` began. */
async function isWaitedFor(pool: Pool, ask: () => Asking): Promise<boolean> {
  const [asked, control] = [await serving(pool), await serving('control')];
  await begun(askInBytes(gateway().proxyUrl, ['GET /control HTTP/1.1']));
  await begun(ask());
  const epoch = await asked.drain();
  await untilAcked(pool, epoch);
  await control.drain();
  await waitFor('the worker’s look', async () => {
    const { holding, streams } = await report('control');
    return holding[control.target] === 1 && streams?.[control.target]?.requests === 1;
  });
  const lookedMs = (await report(pool)).nowMs;
  const last = await waitFor('a report after it', async () => {
    const now = await report(pool);
    return reportedMsOf(now) > lookedMs && now.holding[asked.target] === 1 && now;
  });
  const patience = { longMs: 0, drainingSinceMs: 0 };
  const sight = { nowMs: last.nowMs, wholeSinceMs: 0, leaseMs: last.leaseMs, gateways: [last] };
  return barrier({ target: asked.target, epoch, patience }, sight).holds.length > 0;
}

const bytes = (pool: Pool, line: string, headers: readonly string[], body = '') =>
  [pool, () => askInBytes(gateway().proxyUrl, [`${line} HTTP/1.1`, ...headers], body)] as const;

const frames = (pool: Pool, headers: object, body: Parameters<typeof askInFrames>[2]) =>
  [pool, () => askInFrames(gateway().tlsUrl, { ':path': `/${pool}`, ...headers }, body)] as const;

const POST = { ':method': 'POST' };
const GRPC = { ...POST, 'content-type': 'application/grpc', te: 'trailers' };
const CHUNKED = ['transfer-encoding: chunked'];
const EVENTS = { accept: 'text/event-stream' };

test.each([
  [
    'with Content-Length',
    ...bytes('unbuffered', 'POST /unbuffered', ['content-length: 9'], 'half'),
  ],
  ['in chunks', ...bytes('unbuffered', 'POST /unbuffered', CHUNKED, '4\r\nhalf\r\n')],
  ['in chunks, of a GET', ...bytes('unbuffered', 'GET /unbuffered', CHUNKED, '4\r\nhalf\r\n')],
  ['in frames', ...frames('unbuffered', POST, { part: 'half' })],
  ['in frames, of a GET', ...frames('unbuffered', {}, { part: 'half' })],
  ['of a gRPC stream', ...frames('grpc', GRPC, { part: 'half' })],
])('a body under way %s is waited for', async (_, pool, ask) => {
  expect(await isWaitedFor(pool, ask)).toBe(true);
});

test.each([
  ['a PUT of no bytes', ...bytes('unbuffered', 'PUT /unbuffered', ['content-length: 0'])],
  ['a POST that names no body', ...bytes('unbuffered', 'POST /unbuffered', [])],
  ['a GET', ...bytes('unbuffered', 'GET /unbuffered', [])],
  ['an HTTP/2 GET for events', ...frames('unbuffered', EVENTS, 'none')],
  ['a buffered POST', ...bytes('buffered', 'POST /buffered', ['content-length: 4'], 'body')],
  ['one in chunks', ...bytes('buffered', 'POST /buffered', CHUNKED, '4\r\nbody\r\n0\r\n\r\n')],
  ['one in frames', ...frames('buffered', POST, { whole: 'body' })],
])('the answer of %s is not', async (_, pool, ask) => {
  expect(await isWaitedFor(pool, ask)).toBe(false);
});
