/**
 * What `doctor` finds in the registry of a real Redis, in an Admin API's answers, and at an injector. A running demo's
 * misconfigurations are in test/e2e/cli.
 */
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { diagnose, type Diagnosis } from '../../cli/doctor/diagnose';
import { CHECKS } from '../../cli/doctor/checks/catalogue';
import { injectorMetrics } from '../../injector/metrics';
import { statusApp } from '../../injector/webhook/status-app';
import { emptiedRedis } from '../registry/emptied';
import { onCleanUp, realRedis } from '../registry/redis';
import { renewal, serving, TARGET } from '../registry/statements';
import { cli } from './run';

const redis = emptiedRedis();

async function doctor(...args: string[]): Promise<Diagnosis & { readonly code: number }> {
  const { out, err, code } = await cli(['doctor', '--observe', '300ms', '-o', 'json', ...args]);
  if (out === '') throw new Error(err);
  return { ...(JSON.parse(out) as Diagnosis), code };
}
const ofRegistry = () => doctor('--redis', redis.url);
const checks = ({ problems }: Diagnosis) => problems.map(({ check }) => check);

async function listen(listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  onCleanUp(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const lasting = { leaseMs: 60_000 };
const report = (said: Parameters<typeof renewal>[0], more: object = {}) => {
  const whole = renewal(said);
  return { ...whole, ...lasting, report: { ...whole.report, ...lasting, ...more } };
};

test('a pool in order: nothing', async () => {
  const pool = redis.registry.pool('rt');
  const { epoch } = await pool.announce({ ...serving({ fence: 1 }), ...lasting });
  await pool.renew(report({ fence: 1, epoch }));
  const found = await ofRegistry();
  expect(found).toMatchObject({ problems: [], code: 0 });
  expect([...found.passed, ...found.notMade].sort()).toEqual(CHECKS.map(({ id }) => id).sort());
});

test('a gateway that renews and does not ack', async () => {
  const pool = redis.registry.pool('rt');
  await pool.announce({ ...serving({ fence: 1 }), ...lasting });
  await pool.renew(report({ fence: 1, epoch: 5 }));
  const { problems, code } = await ofRegistry();
  expect(problems).toMatchObject([
    { check: 'gateway-does-not-ack', severity: 'error', subject: 'gateway gw-1, pool rt' },
  ]);
  expect(code).toBe(1);
});

test('a gateway that goes on routing by itself, a warning', async () => {
  const pool = redis.registry.pool('rt');
  const { epoch } = await pool.announce({ ...serving({ fence: 1 }), ...lasting });
  await pool.renew(report({ fence: 1, epoch }, { unassigned: 2 }));
  const found = await ofRegistry();
  expect(checks(found)).toEqual(['gateway-routes-itself']);
  expect(found.code).toBe(1);
  expect(await doctor('--redis', redis.url, '--fail-on', 'error')).toMatchObject({ code: 0 });
});

test('one that did so for a while only is in order', async () => {
  const pool = redis.registry.pool('rt');
  const { epoch } = await pool.announce({ ...serving({ fence: 1 }), ...lasting });
  const looks = [];
  for (const [serial, unassigned] of [0, 2, 0].entries()) {
    await pool.renew(report({ fence: 1, serial, epoch }, { unassigned }));
    looks.push(await redis.registry.overview('rt'));
  }
  expect(looks.map(({ gateways }) => gateways[0]!.unassigned)).toEqual([0, 2, 0]);
  const nobody = { redis: [], kongs: [], configs: [], runtimes: [], sidecars: [], injectors: [] };
  expect(diagnose({ ...nobody, pools: [{ pool: 'rt', looks, drains: [] }] }).problems).toEqual([]);
});

test('targets without a gateway; gateways without a target', async () => {
  await redis.registry.pool('a').announce({ ...serving({ id: TARGET, fence: 1 }), ...lasting });
  const { epoch } = await redis.registry.pool('b').announce(serving({ fence: 1 }));
  await redis.registry.pool('b').announce({
    ...{ ...serving({ fence: 1, serial: 2 }), state: 'gone', why: 'released' },
  });
  await redis.registry.pool('b').renew(report({ fence: 1, epoch: epoch + 100_000 }));
  const { problems } = await ofRegistry();
  expect(problems).toMatchObject([
    { check: 'pool-without-gateway', subject: 'pool a' },
    { check: 'pool-without-targets', subject: 'pool b' },
  ]);
});

test('a replica', async () => {
  const replica = await realRedis({
    args: ['--replicaof', '127.0.0.1', new URL(redis.url).port],
  });
  const found = await doctor('--redis', replica.url, '--pool', 'rt');
  expect(checks(found)).toContain('redis-replica');
});

describe('an Admin API (shapes of Kong docs, paged)', () => {
  const entities: Readonly<Record<string, object[]>> = {
    services: [
      { id: 's1', name: 'rt', host: 'rt.upstream', port: 80, retries: 0, connect_timeout: 1500 },
      { id: 's2', name: 'shop', host: '10.0.0.9', port: 80, retries: 5, connect_timeout: 1500 },
    ],
    routes: [
      { id: 'r1', name: 'rt', paths: ['/'], service: { id: 's1' }, protocols: ['http'] },
      { id: 'r2', name: 'drain-sync', paths: ['/.drain/sync'], service: null, protocols: ['http'] },
    ],
    plugins: [
      { id: 'p1', name: 'drain', config: { pool: 'rt' }, service: { id: 's1' }, enabled: true },
      { id: 'p2', name: 'drain-registry', config: {}, route: { id: 'r2' }, enabled: true },
      { id: 'p3', name: 'drain', config: { pool: 'rt' }, route: { id: 'r2' }, enabled: true },
      { id: 'p4', name: 'key-auth', config: {}, service: null, route: null, enabled: true },
    ],
    upstreams: [{ id: 'u1', name: 'rt.upstream' }],
    'upstreams/u1/targets': [{ id: 't1', target: 'rt:8080', upstream: { id: 'u1' } }],
  };

  /** One entity a page. */
  const answer: http.RequestListener = (request, response) => {
    const asked = new URL(request.url ?? '', 'http://kong');
    const kind = asked.pathname.slice(1);
    const from = Number(asked.searchParams.get('offset') ?? 0);
    const list = entities[kind];
    if (!list) return void response.writeHead(404).end();
    const next = from + 1 < list.length ? `/${kind}?offset=${from + 1}` : null;
    response.end(JSON.stringify({ data: list.slice(from, from + 1), next }));
  };

  test('what it holds is judged as a file would be', async () => {
    const { problems } = await doctor('--no-registry', '--kong-admin', await listen(answer));
    const told = problems.map(({ message }) => message.split(' ')[0]);
    expect(told).toEqual(
      expect.arrayContaining(['kong-retries-zero:', 'kong-service-ip:', 'sync-route-guarded:']),
    );
    expect(told).not.toContain('sync-route-missing:');
  });

  test('one that refuses is told', async () => {
    const refusing = await listen((_request, response) => response.writeHead(401).end());
    const { problems } = await doctor('--no-registry', '--kong-admin', refusing);
    expect(problems).toMatchObject([{ check: 'kong-config', subject: refusing }]);
    expect(problems[0]!.message).toContain('answers 401');
  });
});

describe('an injector', () => {
  async function injector(ready: boolean, change: (m: ReturnType<typeof injectorMetrics>) => void) {
    const metrics = injectorMetrics();
    metrics.certificateEnds.set(Date.now() / 1000 + 30 * 86_400);
    change(metrics);
    return listen(statusApp(metrics.registry, () => ready));
  }

  test.each([
    ['in order', true, () => undefined, []],
    ['that is not ready', false, () => undefined, ['The injector is not ready']],
    [
      'that pods slipped past',
      true,
      (m: ReturnType<typeof injectorMetrics>) => m.uninjected.set({ namespace: 'shop' }, 3),
      ['3 pods ask for a sidecar and have none'],
    ],
    [
      'whose certificate ends',
      true,
      (m: ReturnType<typeof injectorMetrics>) => m.certificateEnds.set(Date.now() / 1000 + 3600),
      ['Its certificate ends in'],
    ],
  ] as const)('%s', async (_name, ready, change, wanted) => {
    const { problems } = await doctor('--no-registry', '--injector', await injector(ready, change));
    expect(problems).toHaveLength(wanted.length);
    wanted.forEach((text, i) => expect(problems[i]!.message).toContain(text));
  });
});

test('for people: what is in order, what is not with its mend, and what was not asked', async () => {
  const { out } = await cli(['doctor', '--redis', 'redis://127.0.0.1:1']);
  expect(out).toMatch(/^error {2}redis-unreachable: redis:\/\/127\.0\.0\.1:1\n/);
  expect(out).toContain('  Fix: Give sidecars and plugin servers the same DRAIN_REDIS_URL');
  expect(out).toContain(
    'Not checked, as nothing of it was named (see --help) or answered: redis-replica',
  );
  expect(await cli(['doctor', '--kong', 'kong:8000'])).toMatchObject({ code: 2 });
}, 20_000);
