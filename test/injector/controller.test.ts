/** The controller on a real Redis and a small API server: what it does with pods from their deletion to their end. */
import { systemClock } from '../../core/clock';
import { drainResultOf, type DrainResult } from '../../core/drain-result';
import { waitFor } from '../../harness/wait';
import type { HarnessRedis } from '../../harness/redis';
import { Controller } from '../../injector/controller/controller';
import { lead } from '../../injector/controller/lead';
import { injectorMetrics } from '../../injector/metrics';
import type { PoolKeeper } from '../../registry/pool-keeper';
import { openRegistry } from '../../registry/open';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { PoolRegistry } from '../../registry/registry';
import { cleanUp, onCleanUp, realRedis, registryOf } from '../registry/redis';
import { draining, gone, renewal, serving } from '../registry/statements';
import { startApiServer, type Stored, type TestApiServer } from './api-server';
import { HandClock } from './hand-clock';
import { settings } from './pods';

const PODS = '/api/v1/namespaces/shop/pods';
const IP = '10.1.0.1';
const TARGET = `${IP}:8080`;
const UID = 'uid-rt-1';
const POD = `rt-1.${UID}`;

let api: TestApiServer;
let redis: HarnessRedis;
let registry: RedisRegistry;
let pool: PoolRegistry;
/** Readings of the loads, with which each round of the deletion costs begins. */
let rounds: number;
let metrics: ReturnType<typeof injectorMetrics>;

beforeEach(async () => {
  api = await startApiServer();
  onCleanUp(() => api.close());
  redis = await realRedis();
  pool = (await registryOf(redis.url)).registry.pool('rt');
  // As the process opens it: with the time limits for a Redis that is away.
  registry = openRegistry(
    { DRAIN_REDIS_URL: redis.url, DRAIN_ALLOWED_CIDRS: '' },
    { badRecord: () => undefined, redisError: () => undefined },
  );
  onCleanUp(() => registry.close());
  metrics = injectorMetrics();
  const log = { info: () => undefined, warn: () => undefined };
  const options = { cost: { roundMs: 50, leastMs: 100 }, scanMs: 100 };
  rounds = 0;
  const keeper = (name: string): PoolKeeper => {
    const real = registry.keeper(name);
    const inFlight = async () => {
      const loads = await real.inFlight();
      rounds++;
      return loads;
    };
    return { ...real, inFlight };
  };
  onCleanUp(
    lead(
      { kube: api.kube, clock: systemClock, keeper, settings: () => settings, metrics, log },
      options,
    ),
  );
});
afterEach(cleanUp);

function putPod(changes: { metadata?: object; status?: object } = {}): Stored {
  return api.put(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: 'rt-1', namespace: 'shop', uid: UID },
      labels: { 'kong-drain.dev/injected': 'true' },
      annotations: { 'kong-drain.dev/pool': 'rt', 'kong-drain.dev/target-port': '8080' },
      ...changes.metadata,
    },
    spec: { terminationGracePeriodSeconds: 300 },
    status: { phase: 'Running', podIP: IP, ...changes.status },
  });
}

const DELETED = {
  metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 60 },
};
const result: DrainResult = {
  ...{
    outcome: 'cut',
    by: 'hook',
    blind: false,
    totalMs: 295_000,
    ackMs: 12,
    gateways: 2,
    lost: 0,
  },
  ...{ cutRequests: 3, unacked: 0, cutConnections: 4 },
};
const ended = (left: DrainResult) => ({
  initContainerStatuses: [
    { name: 'kong-drain', state: { terminated: { exitCode: 0, message: drainResultOf(left) } } },
  ],
});

const state = async () => (await pool.view()).targets.get(TARGET);
const events = () =>
  api
    .list('/api/v1/namespaces/shop/events')
    .map(({ reason, message, type }) => `${String(type)} ${String(reason)}: ${String(message)}`);
const until = (what: string, check: () => Promise<boolean> | boolean) => waitFor(what, check);
const eventOf = (reason: string) =>
  waitFor(reason, () => events().find((event) => event.includes(` ${reason}: `)));

test('a target drains the moment its pod is being deleted, hook or not, and the pod tells of it', async () => {
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  putPod();
  putPod(DELETED);
  await until('the target to drain', async () => (await state())?.state === 'draining');
  expect(await state()).toMatchObject({ by: 'controller' });
  expect(await eventOf('DrainBegun')).toMatch(
    /^Normal DrainBegun: target 10.1.0.1:8080 of pool rt drains, 60 s of grace/,
  );
});

test('a target that is announced only after the deletion drains as well', async () => {
  putPod(DELETED);
  await eventOf('DrainBegun');
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  await until('the target to drain', async () => (await state())?.state === 'draining');
});

test('of a pod that is gone nothing is left', async () => {
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  putPod();
  await until('the pod to be seen', async () => api.list(PODS).length === 1);
  putPod(DELETED);
  await until('the target to drain', async () => (await state())?.state === 'draining');
  api.remove(`${PODS}/rt-1`);
  await until('the target to be gone', async () => (await state())?.state === 'gone');
  expect(await eventOf('DrainUnknown')).toMatch(
    /^Warning DrainUnknown: the sidecar left no result/,
  );
});

test('of a pod that is gone while Redis is away it is not said that nothing was in flight', async () => {
  putPod();
  redis.signal('SIGSTOP');
  try {
    await until('a failed reading', async () => (await errorsOf('cost')) > 0);
    putPod(DELETED);
    await eventOf('DrainBegun');
    api.remove(`${PODS}/rt-1`);
    expect(await eventOf('DrainUnknown')).toMatch(/: what was in flight is unknown$/);
  } finally {
    redis.signal('SIGCONT');
  }
});

test('once the lead is lost the registry is told no more of a pod that is gone', async () => {
  const clock = new HandClock();
  let [asked, failed] = [0, 0];
  const keeper = (): PoolKeeper => {
    const real = registry.keeper('rt');
    const forget: PoolKeeper['forget'] = (...args) => {
      asked++;
      return real.forget(...args);
    };
    return { ...real, forget };
  };
  const controller = new Controller({
    ...{ keeper, clock, tell: () => undefined, inFlight: () => undefined },
    ...{ onDone: () => undefined, onFailed: () => failed++ },
  });
  redis.signal('SIGSTOP');
  try {
    controller.onGone(putPod(DELETED));
    await until('a failed try', () => failed > 0);
    clock.turnTo(1000);
    expect(asked).toBe(2);
    await until('another', () => failed > 1);
    controller.stop();
    clock.turnTo(10_000);
    expect(asked).toBe(2);
  } finally {
    redis.signal('SIGCONT');
  }
});

test('of a pod that is deleted before it had an address no result is missed', async () => {
  const pending = { phase: 'Pending', podIP: undefined };
  putPod({ status: pending });
  putPod({ ...DELETED, status: pending });
  await eventOf('DrainBegun');
  api.remove(`${PODS}/rt-1`);
  await until('the pod to be gone', async () => (await metricOf('forget')) > 0);
  expect(events().filter((event) => event.includes('DrainUnknown'))).toEqual([]);
});

test('a deletion that was missed while the watch was away is made up for', async () => {
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  putPod();
  await pool.renew(renewal({ id: 'gw', fence: 1, holding: { [TARGET]: 4 } }));
  await until('the cost', () => costOf() === '4');
  api.broken = true;
  api.dropWatches(true);
  api.remove(`${PODS}/rt-1`);
  api.broken = false;
  await until('the target to be gone', async () => (await state())?.state === 'gone');
});

test('a pod whose result was cut says so with the counts, once', async () => {
  putPod(DELETED);
  await eventOf('DrainBegun');
  putPod({ ...DELETED, status: ended(result) });
  expect(await eventOf('DrainCut')).toBe(
    'Warning DrainCut: cut at the deadline after 295.00 s: 3 request(s) in flight, 4 connection(s) waiting for an answer (by hook; 2 gateways)',
  );
  api.remove(`${PODS}/rt-1`);
  await until('the pod to be gone', async () => (await metricOf('forget')) > 0);
  expect(events().filter((event) => /DrainUnknown|DrainReleased/.test(event))).toEqual([]);
});

test('a pod that was released says so', async () => {
  const released: DrainResult = { ...result, outcome: 'released', totalMs: 83 };
  putPod({ ...DELETED, status: ended({ ...released, gateways: 1, lost: 1, closed: 2 }) });
  expect(await eventOf('DrainReleased')).toBe(
    'Normal DrainReleased: released after 0.08 s (by hook; 1 gateway, 1 of them lost); 2 long connection(s) closed knowingly',
  );
});

test('a pod whose hook was refused says so too', async () => {
  const released: DrainResult = { ...result, outcome: 'released', by: 'signal', hookRefused: true };
  putPod({ ...DELETED, status: ended(released) });
  expect(await eventOf('DrainReleased')).toContain(
    '(by signal; 2 gateways); a preStop hook was refused: wrong or missing token',
  );
});

test('without Redis it keeps trying; what was to be told is told when Redis is back', async () => {
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  putPod();
  redis.signal('SIGSTOP');
  putPod(DELETED);
  await eventOf('DrainBegun');
  await until('a failed try', async () => (await errorsOf('drain')) > 0);
  redis.signal('SIGCONT');
  await until('the target to drain', async () => (await state())?.state === 'draining');
});

const costOf = () =>
  api.get(`${PODS}/rt-1`)?.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'];

test('the deletion cost follows the requests in flight, and falls to 0 with them', async () => {
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  putPod();
  await pool.renew(renewal({ id: 'gw', fence: 1, holding: { [TARGET]: 6 } }));
  await until('the cost', () => costOf() === '6');
  await pool.renew(renewal({ id: 'gw', fence: 1, serial: 2, holding: { [TARGET]: 7 } }));
  const writes = api.writes.length;
  await pool.renew(renewal({ id: 'gw', fence: 1, serial: 3, holding: {} }));
  await until('the cost to fall', () => costOf() === '0');
  expect(api.writes.length - writes).toBe(1);
});

/** Waits for so many whole rounds of the deletion costs that began after now. */
async function roundsOf(count: number): Promise<void> {
  const least = rounds + count + 1;
  await until('some rounds', () => rounds >= least);
}

test('an idle pod, and one whose owner keeps the cost, are never written', async () => {
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  const { metadata } = putPod();
  await roundsOf(3);
  putPod({
    metadata: { annotations: { ...metadata.annotations, 'kong-drain.dev/deletion-cost': 'off' } },
  });
  await pool.renew(renewal({ id: 'gw', fence: 1, holding: { [TARGET]: 6 } }));
  api.put('/api/v1/namespaces/shop/pods', {
    ...api.get(`${PODS}/rt-1`)!,
    metadata: {
      ...{ name: 'rt-2', namespace: 'shop', uid: 'uid-rt-2' },
      labels: { 'kong-drain.dev/injected': 'true' },
      annotations: { 'kong-drain.dev/pool': 'rt', 'kong-drain.dev/target-port': '8080' },
    },
  });
  await until('the other pod’s cost', () =>
    api.writes.some((write) => write.startsWith('PATCH') && write.endsWith('/rt-2')),
  );
  expect(api.writes.filter((write) => write.endsWith('/rt-1'))).toEqual([]);
});

test('a drain that hook and sidecar did by themselves is left as it is', async () => {
  await pool.announce(serving({ id: TARGET, fence: 7, pod: POD }));
  await pool.announce(draining({ id: TARGET, fence: 7, serial: 2, pod: POD }));
  putPod(DELETED);
  await until('the order', async () => (await metricOf('drain')) > 0);
  expect(await state()).toMatchObject({ state: 'draining', by: 'hook' });
  await pool.announce(gone({ id: TARGET, fence: 7, serial: 3, pod: POD }));
  expect(await state()).toMatchObject({ state: 'gone' });
});

test('a pod that asks for a sidecar and has none is found in namespaces that opted in', async () => {
  const asks = (name: string, namespace: string, annotations: object = {}) =>
    api.put(`/api/v1/namespaces/${namespace}/pods`, {
      metadata: {
        ...{ name, namespace },
        annotations: { 'kong-drain.dev/pool': 'rt', ...annotations },
      },
      spec: { containers: [{ name: 'rt', ports: [{ containerPort: 8080 }] }] },
      status: { phase: 'Running' },
    });
  api.put('/api/v1/namespaces', {
    metadata: { name: 'shop', labels: { 'kong-drain.dev/injection': 'enabled' } },
  });
  api.put('/api/v1/namespaces', { metadata: { name: 'other' } });
  asks('slipped', 'shop');
  asks('refused', 'shop', { 'kong-drain.dev/por': '1' });
  asks('elsewhere', 'other');
  await until('both', async () => events().length === 2);
  expect(events().sort()).toEqual([
    'Warning SidecarMissing: no sidecar, no drain: kong-drain.dev/por: no such annotation',
    'Warning SidecarMissing: no sidecar, no drain: the injector did not see it when it was created: delete it, its next one gets a sidecar',
  ]);
  const { values } = await metrics.uninjected.get();
  expect(values).toEqual([{ labels: { namespace: 'shop' }, value: 2 }]);
});

async function metricOf(task: string): Promise<number> {
  const { values } = await metrics.duties.get();
  return values.filter(({ labels }) => labels.task === task).reduce((n, { value }) => n + value, 0);
}

async function errorsOf(what: string): Promise<number> {
  const { values } = await metrics.errors.get();
  return values.find(({ labels }) => labels.what === what)?.value ?? 0;
}
