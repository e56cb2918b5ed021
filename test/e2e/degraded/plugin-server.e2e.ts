/** The plugin server dead, hung, silent or kept out: Kong serves on, counts survive, drains wait no longer than they may. */
import { randomUUID } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { waitFor } from '../../../harness/wait';
import type { Gateway } from '../../../harness/gateway/gateway';
import {
  DEADLINE_MS,
  drained,
  expectAnsweredAfter,
  LEASE_MS,
  shortDeadline,
} from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { linesWith, metric, pluginServerLog, unassigned } from '../support/log';
import { pin } from '../support/pinned';
import {
  expectOnlyKongsOwn,
  expectUnharmed,
  underLoad,
  type StopWindow,
} from '../support/under-load';

let eye: Eye;
let gateway: Gateway;

const fleet = sharedFleet({ ...shortDeadline, pods: 3, gateways: 2 }, (fleet) => {
  eye = new Eye(fleet.redis!.url);
  gateway = fleet.gateways[0]!;
  return () => eye.close();
});

afterEach(async () => {
  signalServers('SIGCONT');
  while (fleet().pods().length < 3) await fleet().addPod();
  await untilRouting(fleet());
});

function signalServers(signal: NodeJS.Signals, of = fleet().gateways): void {
  for (const pid of of.flatMap((gateway) => gateway.pluginServerPids())) process.kill(pid, signal);
}

test('they hang: the view expires, Kong routes by itself, and the drain asks the sockets', async () => {
  const stops: StopWindow[] = [];
  const [pod] = fleet().pods();
  const result = await underLoad(fleet(), async () => {
    const before = await unassigned(gateway);
    signalServers('SIGSTOP');
    const { summary, stop } = await drained(fleet(), pod!);
    stops.push(stop);
    expect(summary.gateways.map(({ lost }) => lost)).toEqual([true, true]);
    signalServers('SIGCONT');
    await untilRouting(fleet());
    expect(await unassigned(gateway)).toBeGreaterThan(before);
  });
  expectOnlyKongsOwn(result, stops);
});

test('they hang for longer than a lease: what was in flight is still counted when they wake', async () => {
  const { request, endedMs } = await pin(fleet(), gateway, eye, LEASE_MS + 3000);
  signalServers('SIGSTOP');
  const { redis } = eye;
  await waitFor('the lease to end', async () => {
    const value = await redis.hget('drain:{rt}:gateways', gateway.name);
    return Number(value!.split(' ')[0]) < Date.now();
  });
  signalServers('SIGCONT');
  await eye.untilInFlight(gateway.name, 1);
  request.abort();
  await expect(endedMs).rejects.toThrow();
  await eye.untilInFlight(gateway.name, 0);
});

test('one is killed in mid-drain: the next one takes over with the counts, and the drain waits for the last request', async () => {
  const { pod, endedMs } = await pin(fleet(), gateway, eye, 4500);
  const before = await eye.report(gateway.name);
  const result = await underLoad(fleet(), async () => {
    const drain = drained(fleet(), pod);
    await eye.untilTarget(pod.target, 'draining');
    signalServers('SIGKILL', [gateway]);
    const { summary, answeredMs } = await drain;
    expectAnsweredAfter(answeredMs, await endedMs);
    expect(summary).toMatchObject({ outcome: 'released', blind: false });
    expect((await eye.report(gateway.name))!.incarnation).not.toBe(before!.incarnation);
  });
  expectUnharmed(result);
});

test('a gateway that renews and never acks is named, and the drain is answered at its deadline', async () => {
  const [pod] = fleet().pods();
  const incarnation = randomUUID();
  const fence = await eye.pool.join('gateway', 'mute');
  let serial = 0;
  const renew = (left = false) =>
    eye.pool.renew({
      ...{ id: 'mute', incarnation, fence, serial: ++serial, seenEpoch: 0, leaseMs: LEASE_MS },
      report: {
        ...{ name: 'mute', addresses: ['127.2.200.1'], epoch: 0, holding: {}, unassigned: 0 },
        leaseMs: LEASE_MS,
        left,
      },
      counts: {},
      news: false,
    });
  const renewals = setInterval(() => void renew().catch(() => undefined), 300);
  const result = await underLoad(fleet(), async () => {
    await renew();
    const { summary } = await drained(fleet(), pod!);
    expect(summary.outcome).toBe('cut');
    expect(summary.totalMs).toBeGreaterThanOrEqual(DEADLINE_MS);
    expect(summary.cutRequests).toEqual([{ gateway: 'mute', why: 'not-acked', ackedEpoch: 0 }]);
  }).finally(() => clearInterval(renewals));
  await renew(true);
  expectUnharmed(result);
});

test('an authentication before the sync route is one clear log line and a metric; traffic goes on', async () => {
  const before = await unassigned(gateway);
  // Not under load: a reload alone resets clients' kept-alive connections.
  await gateway.reload(withAuthInFront(fleet().declarative(), gateway.kind));
  const url = gateway.metricsUrl!;
  const refusals = 'drain_sync_failures_total{code="SYNC_REFUSED"}';
  const result = await underLoad(fleet(), async () => {
    await waitFor('refusals', async () => (await metric(url, refusals)) >= 8, {
      timeoutMs: 20_000,
    });
  });
  expectUnharmed(result);
  const lines = linesWith(pluginServerLog(fleet(), gateway), 'answers 401');
  // Kong's old plugin server lives on for a moment after a reload, and says it once too.
  expect(lines.length).toBeLessThanOrEqual(2);
  expect(lines[0]).toContain('another plugin stands in front of it');
  expect(lines[0]).toContain('exempt the route by an instance of that plugin that lets anyone in');
  await gateway.reload(fleet().declarative());
  await untilRouting(fleet());
  await waitFor('its metrics', async () => (await unassigned(gateway)) > before);
});

/** A global key-auth, from which the traffic's own route is exempt by an instance of its own. */
function withAuthInFront(yaml: string, kind: Gateway['kind']): string {
  const config = parse(yaml) as {
    services: [{ routes: [{ plugins?: object[] }] }];
    plugins?: object[];
    consumers?: object[];
  };
  const anonymous = '6a1c1c1e-0000-4000-8000-000000000001';
  config.plugins = [{ name: 'key-auth' }];
  config.services[0].routes[0].plugins = [
    {
      name: 'key-auth',
      // The stand-in's key-auth takes any value of the key's header.
      config: kind === 'kong' ? { anonymous } : { key_names: ['host'] },
    },
  ];
  if (kind === 'kong') config.consumers = [{ id: anonymous, username: 'anyone' }];
  return stringify(config);
}
