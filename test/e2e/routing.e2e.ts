/** Which requests are ours to place: not those that another plugin has placed; IPv6 too; on a Kong older than 3.8 too. */
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../harness/free-port';
import type { Gateway } from '../../harness/gateway/gateway';
import { startProcess, type HarnessProcess } from '../../harness/process';
import { compiledEntry } from '../../harness/repository';
import type { Fleet } from '../../harness/running-fleet';
import { waitFor } from '../../harness/wait';
import { shortDeadline } from './support/drained';
import { Eye } from './support/eye';
import { sharedFleet, untilRouting } from './support/fleet';
import { metric, unassigned } from './support/log';
import { ask } from './support/request';
import { expectUnharmed, underLoad } from './support/under-load';

interface Plugin {
  readonly name: string;
  readonly config: object;
}

interface Config {
  services: { plugins: Plugin[]; routes: Record<string, unknown>[]; name: string; host: string }[];
  upstreams: object[];
  routes: Record<string, unknown>[];
}

/** Lua that runs before every other plugin's access. */
const before = (source: string): Plugin => ({
  name: 'pre-function',
  config: { access: [source] },
});
const unsandboxed = { ...shortDeadline.gatewayEnv, KONG_UNTRUSTED_LUA: 'on' };

let eye: Eye;
const processes: HarnessProcess[] = [];
const prepare = (fleet: Fleet) => {
  eye = new Eye(fleet.redis!.url);
  return async () => {
    const ending = processes.splice(0).map((process) => process.stop({ signal: 'SIGKILL' }));
    await Promise.all([...ending, eye.close()]);
  };
};

function serviceOf(name: string, plugins: Plugin[]): Config['services'][number] {
  return { name, host: 'rt.upstream', routes: [{ name, paths: [`/${name}`] }], plugins };
}

/** Gives the gateway the fleet's configuration, changed. */
async function configure(fleet: Fleet, change: (config: Config) => void): Promise<Gateway> {
  const [gateway] = fleet.gateways;
  const config = parse(fleet.declarative()) as Config;
  change(config);
  await gateway!.reload(stringify(config));
  await untilRouting(fleet);
  await waitFor('its metrics', () => ask(gateway!.metricsUrl!));
  return gateway!;
}

function startRuntime(fleet: Fleet, listen: string, name: string): HarnessProcess {
  return startProcess({
    name,
    command: process.execPath,
    args: [compiledEntry('example/rt/main.ts')],
    env: {
      RT_LISTEN: listen,
      RT_POD: name,
      RT_DATA_DIR: path.join(fleet.dir, name),
      RT_JOURNAL: path.join(fleet.dir, `${name}-journal`),
    },
    logFile: path.join(fleet.dir, `${name}.log`),
  });
}

async function healthy(url: string): Promise<boolean> {
  return (await ask(`${url}/health`)).status === 200;
}

async function answering(url: string): Promise<{ pod: string; host: string }> {
  const { status, body } = await ask(`${url}/headers`);
  expect(status).toBe(200);
  const { pod, headers } = JSON.parse(body) as { pod: string; headers: { host: string } };
  return { pod, host: headers.host };
}

describe('beside other plugins and options', () => {
  const fleet = sharedFleet({ ...shortDeadline, gatewayEnv: unsandboxed, pods: 2 }, prepare);

  test('a request that another plugin has placed goes where that said, and is not counted for a pod', async () => {
    const port = await freePort();
    const elsewhere = `127.0.0.1:${port}`;
    processes.push(startRuntime(fleet(), elsewhere, 'elsewhere'));
    await waitFor('the runtime', () => healthy(`http://${elsewhere}`));
    const placed = {
      target: `kong.service.set_target("127.0.0.1", ${port})`,
      upstream: 'kong.service.set_upstream("elsewhere.upstream")',
    };
    const gateway = await configure(fleet(), (config) => {
      config.upstreams.push({ name: 'elsewhere.upstream', targets: [{ target: elsewhere }] });
      for (const [name, source] of Object.entries(placed)) {
        config.services.push(
          serviceOf(`with-${name}`, [{ name: 'drain', config: { pool: 'rt' } }, before(source)]),
          serviceOf(`without-${name}`, [before(source)]),
        );
      }
    });
    const unassignedBefore = await unassigned(gateway);
    for (const name of Object.keys(placed)) {
      const seen = await answering(`${gateway.proxyUrl}/with-${name}`);
      expect(seen.pod).toBe('elsewhere');
      expect(seen).toEqual(await answering(`${gateway.proxyUrl}/without-${name}`));
    }
    expect((await answering(gateway.proxyUrl)).pod).toMatch(/^rt-/);
    await waitFor(
      'its metrics',
      async () => (await unassigned(gateway)) === unassignedBefore + Object.keys(placed).length,
    );
    await eye.untilInFlight(gateway.name, 0);
  });

  test('a sync route with a Service, as each of Kong’s ingress controller has, takes the views; others than its agent pass', async () => {
    const gateway = await configure(fleet(), (config) => {
      const [service] = config.services;
      const [sync] = config.routes.splice(0);
      config.services.push({ ...service!, name: 'sync', plugins: [], routes: [sync!] });
    });
    for (const { hook } of (await fleet().roll()).deletions) {
      const acked = { name: gateway.name, lost: false, ackMs: expect.any(Number) as number };
      expect(hook).toMatchObject({ body: { gateways: [acked] } });
    }
    const path = `${gateway.proxyUrl}/.drain/sync`;
    expect((await ask(path)).body).toContain('no route GET /.drain/sync'); // the runtime's own
    expect(await ask(path, { headers: { 'x-drain-token': 'guessed' } })).toMatchObject({
      status: 403,
    });
  });

  test('with `response_buffering: false` an upload in the buffer pins no pod', async () => {
    await configure(fleet(), ({ services: [service] }) => {
      service!.routes[0]!.response_buffering = false;
    });
    const slow = { uploads: 2, uploadMb: 8, uploadRate: 1_000_000 };
    const result = await underLoad(
      fleet(),
      async () => {
        for (const { hook } of (await fleet().roll()).deletions) {
          expect(hook).toMatchObject({ body: { outcome: 'released' } });
          expect(hook!.ms).toBeLessThan(3000); // an upload takes 8 s
        }
      },
      slow,
    );
    expectUnharmed(result);
  });

  describe('on a Kong without retry callbacks (3.4 to 3.7)', () => {
    const older = () =>
      configure(fleet(), ({ services: [service] }) => {
        service!.plugins.push(before('kong.service.set_target_retry_callback = nil'));
      });

    test('a target that drains is skipped, however few requests it has', async () => {
      const gateway = await older();
      const slow: Promise<unknown>[] = [];
      for (const busy of [1, 2]) {
        slow.push(ask(`${gateway.proxyUrl}/slow?ms=5000`));
        const at = async () => Object.keys(await eye.inFlight(gateway.name)).length;
        await waitFor(`${busy} busy`, async () => (await at()) === busy);
      }
      const [pod] = fleet().pods();
      const deletion = fleet().deletePod(pod!);
      const { epoch } = await eye.untilTarget(pod!.target, 'draining');
      await waitFor('the ack', async () => (await eye.report(gateway.name))!.epoch >= epoch);
      for (let i = 0; i < 12; i++) {
        expect((await answering(gateway.proxyUrl)).pod).not.toBe(pod!.name);
      }
      expect(await eye.target(pod!.target)).toMatchObject({ state: 'draining' });
      await Promise.all(slow);
      expect((await deletion).hook).toMatchObject({ body: { outcome: 'released', blind: false } });
      await fleet().addPod();
    });

    test('a rollout loses nothing', async () => {
      const gateway = await older();
      const retries = await metric(gateway.metricsUrl!, RETRIES);
      const result = await underLoad(fleet(), async () => {
        for (const { hook } of (await fleet().roll()).deletions) {
          expect(hook).toMatchObject({ body: { outcome: 'released', blind: false } });
        }
      });
      expectUnharmed(result);
      expect(await metric(gateway.metricsUrl!, RETRIES)).toBe(retries);
    });
  });
});

const RETRIES = 'drain_kong_events_total{event="retries"}';

describe('IPv6', () => {
  // The fleet's gateways connect from an IPv4 address of their own; from there no IPv6 address is reached.
  const anyAddress = { ...shortDeadline.gatewayEnv, KONG_NGINX_PROXY_PROXY_BIND: 'off' };
  const fleet = sharedFleet({ ...shortDeadline, gatewayEnv: anyAddress, pods: 1 }, prepare);

  test('a pod there is reached, retried away from when it dies, and drained', async () => {
    const [gateway] = fleet().gateways;
    const [port, sidecarPort] = [await freePort(), await freePort()];
    const target = `[::1]:${port}`;
    const serves = async (): Promise<boolean> =>
      (await answering(gateway!.proxyUrl)).pod.startsWith('six');
    const dying = startRuntime(fleet(), target, 'six');
    processes.push(
      dying,
      startProcess({
        name: 'six/sidecar',
        command: process.execPath,
        args: [compiledEntry('sidecar/main.ts')],
        env: {
          ...shortDeadline.sidecarEnv,
          DRAIN_POOL: 'rt',
          DRAIN_REDIS_URL: fleet().redis!.url,
          DRAIN_TARGET: target,
          DRAIN_LISTEN: `[::1]:${sidecarPort}`,
          DRAIN_HEALTH_URL: `http://${target}/health`,
        },
        logFile: path.join(fleet().dir, 'six-sidecar.log'),
      }),
    );
    await waitFor('an answer by it', serves, { timeoutMs: 20_000 });

    await dying.stop({ signal: 'SIGKILL' });
    for (let i = 0; i < 20; i++) expect((await answering(gateway!.proxyUrl)).pod).toBe('rt-1');
    await waitFor('a retry', async () => (await metric(gateway!.metricsUrl!, RETRIES)) > 0);

    processes.push(startRuntime(fleet(), target, 'six-again'));
    await waitFor('an answer by it', serves, { timeoutMs: 20_000 });
    const slow = Array.from({ length: 8 }, () => ask(`${gateway!.proxyUrl}/slow?ms=1500`));
    const inFlight = async (): Promise<number> =>
      (JSON.parse((await ask(`http://${target}/inflight`)).body) as { requests: number }).requests;
    await waitFor('requests in it', async () => (await inFlight()) > 0);
    const { body } = await ask(`http://[::1]:${sidecarPort}/drain`);
    expect(JSON.parse(body)).toMatchObject({ outcome: 'released', blind: false, target });
    expect(await inFlight()).toBe(0);
    for (const { status } of await Promise.all(slow)) expect(status).toBe(200);
    expect((await answering(gateway!.proxyUrl)).pod).toBe('rt-1');
  });
});
