/** The alert rules and the dashboard: of metrics that there are, and, with Prometheus' own promtool, right on samples. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { repositoryRoot } from '../../harness/repository';
import { injectorMetrics } from '../../injector/metrics';
import { agentMetrics } from '../../plugin/server/metrics';
import type { SyncAnswer } from '../../plugin/server/sync-client';
import { sidecarMetrics } from '../../sidecar/metrics';
import type { Sidecar, SidecarStatus } from '../../sidecar/sidecar';
import { metricsOf } from '../repository/config-tables';
import { checkRules, expectFiring, hasPromtool, SCRAPE_SECONDS } from './promtool';

const read = (file: string): string =>
  readFileSync(path.join(repositoryRoot, 'deploy', 'observability', file), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { alert: string; expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: { expr: string }[] }[];
}

const alerts = (parse(read('alerts.yml')) as Rules).groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(read('grafana-dashboard.json')) as Dashboard;
const expressions = [
  ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
];
const known = new Set(
  Object.values(metricsOf).flatMap((registry) =>
    registry()
      .getMetricsAsArray()
      .flatMap(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
  ),
);

test.each(expressions)('%s asks only for metrics that there are', (_name, expr) => {
  const named = expr.match(/\bdrain_[a-z_]+/g) ?? [];
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('docs/metrics.md has a row for each alert, and no other', () => {
  const text = readFileSync(path.join(repositoryRoot, 'docs', 'metrics.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([A-Z]\w+)`/gm)].map(([, name]) => name);
  expect(rows).toEqual(alerts.map(({ alert }) => alert));
});

/** Scrapes of one registry, 30 s apart, from second 0; `step` brings about what the process would see by then. */
async function scrapes(
  count: number,
  registry: { metrics(): Promise<string> },
  step: (i: number) => void,
): Promise<string[]> {
  const texts: string[] = [];
  for (let i = 0; i < count; i++) {
    jest.setSystemTime(i * SCRAPE_SECONDS * 1000);
    step(i);
    texts.push(await registry.metrics());
  }
  return texts;
}

function sidecar(status: Partial<SidecarStatus>) {
  const whole = { state: 'serving', registryAnswers: true, ...status };
  return sidecarMetrics(() => ({ status: whole }) as unknown as Sidecar);
}

const drain = (elapsedMs: number) => ({
  drain: { by: 'hook', elapsedMs, deadlineMs: 25_000, holds: [], timeline: [] } as const,
});

function answer(epoch: number, unassigned = 0): SyncAnswer {
  const counts = { holding: {}, unassigned: 0, endedMs: {} };
  return {
    configured: ['rt'],
    pools: { rt: { epoch, wanted: false, ...counts } },
    stats: { retries: 0, unassigned },
    freeBytes: 1 << 20,
  };
}

const view = (epoch: number) => ({ rt: { epoch, untilMs: 1 } });

describe('with promtool', () => {
  let isThere: boolean;
  beforeAll(async () => {
    isThere = await hasPromtool();
    if (!isThere) console.warn('promtool is not installed (Debian: prometheus): rules not run');
  });
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'], now: 0 }));
  afterEach(() => jest.useRealTimers());

  async function fires(
    alert: string,
    count: number,
    registry: { metrics(): Promise<string> },
    step: (i: number) => void,
    firing = 1,
  ): Promise<void> {
    const texts = await scrapes(count, registry, step);
    jest.useRealTimers();
    if (isThere) await expectFiring(alert, texts, firing);
  }
  const nothing = () => undefined;

  test('the file is one that Prometheus takes', async () => {
    jest.useRealTimers();
    if (isThere) await checkRules();
  });

  test.each([
    ['near its deadline', drain(21_000), 1],
    ['with time left', drain(10_000), 0],
    ['none', {}, 0],
  ])('DrainNearDeadline: a drain %s', (_name, status, firing) =>
    fires('DrainNearDeadline', 2, sidecar(status).registry, nothing, firing),
  );

  test('DrainCut: the controller has read of one, the first since its start', async () => {
    const { registry, events } = injectorMetrics();
    await fires('DrainCut', 8, registry, (i) => {
      events.inc({ reason: 'DrainReleased' });
      if (i === 5) events.inc({ reason: 'DrainCut' });
    });
  });

  test('DrainCut: not of drains that were released', async () => {
    const { registry, events } = injectorMetrics();
    await fires('DrainCut', 8, registry, () => events.inc({ reason: 'DrainReleased' }), 0);
  });

  test('DrainCut: the sidecar says so itself', async () => {
    const { registry, drained } = sidecar({});
    const summary = {
      ...({ pool: 'rt', target: '10.1.0.1:80', by: 'hook', outcome: 'cut', blind: false } as const),
      ...{ totalMs: 25_000, ackMs: 5, afterLastByteMs: 1, gateways: [], timeline: [] },
      ...{ cutRequests: [{ gateway: 'gw-1', why: 'in-flight', inFlight: 2 }] as const },
      cutConnections: [],
      closed: [],
    };
    await fires('DrainCut', 8, registry, (i) => {
      if (i === 5) drained(summary);
    });
  });

  test.each([
    ['behind for minutes', () => 6, 1],
    ['behind for one scrape', (i: number) => (i === 3 ? 6 : 7), 0],
    ['current', () => 7, 0],
  ])('GatewayDoesNotAck: %s', async (_name, acked, firing) => {
    const { registry, events } = agentMetrics();
    const step = (i: number) => events.synced(answer(acked(i)), 2, view(7));
    await fires('GatewayDoesNotAck', 6, registry, step, firing);
  });

  test('GatewayViewStale: Kong takes no views any more', async () => {
    const { registry, events } = agentMetrics();
    await fires('GatewayViewStale', 6, registry, (i) => {
      if (i < 2) events.synced(answer(7), 2, view(7));
    });
  });

  test('GatewayViewStale: Kong answers, but there is no view under a living lease', async () => {
    const { registry, events } = agentMetrics();
    const step = () => events.synced(answer(7), 2, view(0));
    await fires('GatewayViewStale', 6, registry, step);
  });

  test('GatewayViewStale: not of a gateway in order', async () => {
    const { registry, events } = agentMetrics();
    const step = () => events.synced(answer(7), 2, view(7));
    await fires('GatewayViewStale', 6, registry, step, 0);
  });

  test.each([
    ['more and more', (i: number) => 10 * i, 1],
    ['none since long', () => 10, 0],
  ])('GatewayRoutesItself: %s', async (_name, unassigned, firing) => {
    const { registry, events } = agentMetrics();
    const step = (i: number) => events.synced(answer(7, unassigned(i)), 2, view(7));
    await fires('GatewayRoutesItself', 20, registry, step, firing);
  });

  test.each([
    [false, 1],
    [true, 0],
  ])('DrainRegistryUnanswered: Redis answers: %s', (registryAnswers, firing) =>
    fires('DrainRegistryUnanswered', 6, sidecar({ registryAnswers }).registry, nothing, firing),
  );

  test.each([
    [2, 1],
    [0, 0],
  ])('PodsUninjected: %d of a namespace', async (pods, firing) => {
    const { registry, uninjected } = injectorMetrics();
    uninjected.set({ namespace: 'shop' }, pods);
    await fires('PodsUninjected', 8, registry, nothing, firing);
  });

  test.each([
    [86_400, 1],
    [5 * 86_400, 0],
  ])('InjectorCertificateEnds: in %d s', async (seconds, firing) => {
    const { registry, certificateEnds } = injectorMetrics();
    certificateEnds.set(seconds);
    await fires('InjectorCertificateEnds', 2, registry, nothing, firing);
  });
});
