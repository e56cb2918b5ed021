/**
 * Clients that do not come through Kong: callers of the Service in the cluster, to whom a pod is an endpoint until the last
 * node knows better. They lose nothing in a rollout, and a pool that has none does not wait for what they would need.
 */
import http from 'node:http';
import type { FleetOptions } from '../../../harness/fleet-options';
import { httpGet } from '../../../harness/http-get';
import type { Rollout } from '../../../harness/rollout';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import type { SidecarStatus } from '../../../sidecar/sidecar';
import type { DrainSummary } from '../../../sidecar/timeline';
import { withFleet } from '../support/fleet';
import { expectUnharmed, underLoad } from '../support/under-load';

const SETTLE_MS = 2500;
const options: FleetOptions = {
  ...{ mode: 'drain', pods: 2, graceSeconds: 25, endpointLagMs: 1500 },
  sidecarEnv: {
    ...{ DRAIN_SETTLE_MS: String(SETTLE_MS), DRAIN_HEALTH_PERIOD_MS: '100' },
    DRAIN_RESERVE_SECONDS: '4',
  },
};
const withDirect = (policy: string): FleetOptions => ({
  ...options,
  sidecarEnv: { ...options.sidecarEnv, DRAIN_DIRECT_CLIENTS: policy },
});

const summaries = ({ deletions }: Rollout): DrainSummary[] =>
  deletions.map(({ hook }) => {
    expect(hook).toMatchObject({ ok: true, body: { outcome: 'released', blind: false } });
    return hook!.body as DrainSummary;
  });
const saw = (summary: DrainSummary, wanted: string) =>
  summary.timeline.find(({ event }) => event === wanted);

async function untilDirectClientsKnown(fleet: Fleet): Promise<void> {
  await waitFor('the sidecars to have seen the direct clients', async () => {
    const known = fleet.pods().map(async ({ sidecarUrl }) => {
      const { body } = await httpGet(`${sidecarUrl}/status`);
      return (JSON.parse(body) as SidecarStatus).directClients;
    });
    return (await Promise.all(known)).every(Boolean);
  });
}

/** They close a connection that idles before a runtime that stops may: a request that crosses that is nobody's fault. */
const direct = (fleet: Fleet) => ({
  urls: [`http://${fleet.service.address}`],
  ...{ getRate: 60, postRate: 20, uploads: 2, uploadMb: 4, uploadRate: 2_000_000 },
  idleMs: 400,
});

test.each(['auto', 'yes'])(
  'direct clients (%s): GETs and uploads to the Service, beside those through Kong, lose nothing',
  async (policy) => {
    await withFleet(withDirect(policy), async (fleet) => {
      let rollout: Rollout | undefined;
      const throughKong = underLoad(fleet, async () => {
        const past = await underLoad(
          fleet,
          async () => {
            await untilDirectClientsKnown(fleet);
            rollout = await fleet.roll();
          },
          direct(fleet),
        );
        expectUnharmed(past);
        expect(past.uploads).toBeGreaterThan(1);
      });
      expectUnharmed(await throughKong);
      for (const summary of summaries(rollout!)) {
        expect(saw(summary, 'direct clients')).toMatchObject({ settleMs: SETTLE_MS });
        expect(summary.totalMs).toBeGreaterThanOrEqual(SETTLE_MS);
      }
    });
  },
  90_000,
);

test('callers that keep their connections, talking or idle, are led elsewhere and lose nothing', async () => {
  await withFleet(withDirect('auto'), async (fleet) => {
    const idle = await Promise.all([1, 2, 3].map(() => caller(fleet, 0)));
    const talking = await Promise.all([1, 2, 3, 4].map(() => caller(fleet, 100)));
    await untilDirectClientsKnown(fleet);
    const old = fleet.pods().map(({ name }) => name);
    const rolled = summaries(await fleet.roll());
    for (const summary of rolled) {
      expect(saw(summary, 'runtime told')).toBeDefined();
      expect(saw(summary, 'cut')).toBeUndefined();
      expect(summary.totalMs).toBeLessThan(DEADLINE_MS);
    }
    for (const one of [...talking, ...idle]) await one.ask();
    const ended = [...talking, ...idle].map((one) => one.stop());
    for (const { failures, pods } of ended) {
      expect(failures).toEqual([]);
      expect(old).not.toContain(pods.at(-1));
    }
    for (const { pods } of ended.slice(0, talking.length)) {
      expect(old).toContain(pods[0]);
    }
  });
}, 90_000);

const DEADLINE_MS = 21_000;

test('a pool that has no direct clients does not wait for the endpoints', async () => {
  await withFleet(options, async (fleet) => {
    let rollout: Rollout | undefined;
    const result = await underLoad(fleet, async () => {
      rollout = await fleet.roll();
    });
    expectUnharmed(result);
    const rolled = summaries(rollout!);
    for (const summary of rolled) expect(saw(summary, 'direct clients')).toBeUndefined();
    const tookMs = rolled.map(({ totalMs }) => Math.round(totalMs));
    process.stdout.write(
      `without direct clients: ${tookMs.join(', ')} ms; with: ${SETTLE_MS} ms at least\n`,
    );
  });
}, 60_000);

interface Caller {
  ask(): Promise<void>;
  stop(): { readonly failures: readonly string[]; readonly pods: readonly string[] };
}

/** One kept-alive connection to the Service; asks each `everyMs`, once only with 0. Nothing is tried again. */
async function caller(fleet: Fleet, everyMs: number): Promise<Caller> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const failures: string[] = [];
  const pods: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      const request = http.get(`http://${fleet.service.address}/`, { agent }, (response) => {
        const pod = String(response.headers['x-pod']);
        if (response.statusCode !== 200) failures.push(String(response.statusCode));
        if (pods.at(-1) !== pod) pods.push(pod);
        response.resume().on('end', resolve).on('error', resolve);
      });
      request.on('error', (error) => {
        failures.push(error.message);
        resolve();
      });
    });
  };
  const round = async (): Promise<void> => {
    await ask();
    timer = setTimeout(() => void round(), everyMs);
  };
  if (everyMs > 0) void round();
  else await ask();
  await waitFor('the first answer', () => pods.length > 0);
  return {
    ask,
    stop: () => {
      clearTimeout(timer);
      agent.destroy();
      return { failures: [...failures], pods };
    },
  };
}
