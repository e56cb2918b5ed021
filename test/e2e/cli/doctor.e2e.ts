/**
 * `kong-drain doctor` on a running demo: in order it finds nothing; with each of a dozen deliberate misconfigurations of
 * running parts it names that one, and its mend.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { Diagnosis } from '../../../cli/doctor/diagnose';
import { runCli } from '../../../cli/program';
import { POD_PORT } from '../../../harness/addresses';
import type { KongYml } from '../../../harness/declarative';
import { startGateway, type Gateway, type GatewayOptions } from '../../../harness/gateway/gateway';
import { freePort } from '../../../harness/free-port';
import { startPod, type Pod } from '../../../harness/pod';
import { startRedis } from '../../../harness/redis';
import { waitFor } from '../../../harness/wait';
import { sharedFleet, untilRouting } from '../support/fleet';

jest.setTimeout(90_000);

const cleanUps: (() => unknown)[] = [];
/** A long lease, so that a busy machine's late renewal is none. */
const gatewayEnv = { DRAIN_LEASE_MS: '6000' };
const fleet = sharedFleet({ mode: 'drain', pods: 2, gateways: 1, gatewayEnv });
let numbers = 100;

beforeAll(() => untilRouting(fleet()));
afterEach(async () => {
  for (const end of cleanUps.splice(0).reverse()) await end();
});

async function doctor(...args: string[]): Promise<Diagnosis & { readonly code: number }> {
  let out = '';
  let err = '';
  const redis = args.includes('--no-registry') ? [] : ['--redis', fleet().redis!.url];
  const code = await runCli(['doctor', ...redis, '--observe', '5s', ...args, '-o', 'json'], {
    ...{ cwd: fleet().dir, env: {}, columns: undefined, color: false, progress: undefined },
    ...{ signal: new AbortController().signal, readStdin: () => Promise.resolve(Buffer.from('')) },
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  if (out === '') throw new Error(err);
  return { ...(JSON.parse(out) as Diagnosis), code };
}

/** The fleet's own configuration, changed, as a file. */
function changed(change: (config: KongYml & Record<string, unknown>) => void): string {
  const config = parse(fleet().declarative()) as KongYml & Record<string, unknown>;
  change(config);
  return stringify(config);
}

function file(text: string): string {
  const name = path.join(fleet().dir, `kong-${++numbers}.yml`);
  writeFileSync(name, text);
  return name;
}

/** One more gateway on the fleet's Redis, as it is told; it need not work. */
async function gateway(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  const number = ++numbers;
  const started = await startGateway({
    number,
    dir: path.join(fleet().dir, `sick-${number}`),
    declarative: fleet().declarative(),
    redisUrl: fleet().redis!.url,
    pluginServer: 'started',
    ...options,
  });
  cleanUps.push(() => started.stop());
  return started;
}

async function pod(
  env: Record<string, string>,
  runtimeEnv: Record<string, string> = {},
): Promise<Pod> {
  const number = ++numbers;
  const started = startPod({
    ...{ number, dir: path.join(fleet().dir, `sick-${number}`), runtimeEnv },
    sidecar: {
      env: {
        ...{ DRAIN_POOL: 'rt', DRAIN_REDIS_URL: fleet().redis!.url, DRAIN_GRACE_SECONDS: '30' },
        ...env,
      },
    },
  });
  cleanUps.push(async () => {
    await started.sidecar!.stop({ signal: 'SIGKILL' });
    await started.runtime.stop({ signal: 'SIGKILL' });
  });
  return started;
}

const checksOf = ({ problems }: Diagnosis) => [...new Set(problems.map(({ check }) => check))];

test('a demo in order: nothing is wrong', async () => {
  const [first] = fleet().gateways;
  const [one] = fleet().pods();
  const found = await doctor(
    ...['--kong', first!.proxyUrl, '--kong-config', file(fleet().declarative())],
    ...['--runtime', one!.healthUrl, '--sidecar', one!.sidecarUrl],
  );
  expect(found.problems).toEqual([]);
  expect(found.code).toBe(0);
  expect(found.passed).toEqual(
    expect.arrayContaining(['sync-route-refused', 'kong-config', 'lease-renewed-late']),
  );
  expect(found.notMade).toEqual(['injector-unwell']);
});

describe('Kong', () => {
  const only = ['--no-registry', '--kong'];

  test('1. no sync route', async () => {
    const declarative = changed((config) => delete config.routes);
    const { proxyUrl } = await gateway({ declarative });
    // `/` leads to the runtime, which knows no such path.
    const found = await doctor(...only, proxyUrl, '--kong-config', file(declarative));
    expect(checksOf(found)).toEqual(expect.arrayContaining(['sync-route-missing', 'kong-config']));
    expect(found.problems[0]!.fix).toContain('/.drain/sync');
    expect(found.code).toBe(1);
  });

  test('2. a global plugin in front of the sync route', async () => {
    const declarative = changed((config) => (config.plugins = [{ name: 'key-auth' }]));
    const { proxyUrl } = await gateway({ declarative });
    const found = await doctor(...only, proxyUrl);
    expect(checksOf(found)).toEqual(['sync-route-refused']);
    expect(found.problems[0]!.message).toContain('401');
    expect(found.problems[0]!.fix).toContain('`anonymous`');
  });

  test('3. no shared dictionary', async () => {
    const env = { KONG_NGINX_HTTP_LUA_SHARED_DICT: 'other 1m' };
    const { proxyUrl } = await gateway({ env });
    const found = await waitFor('the plugin server to have called', async () => {
      const diagnosis = await doctor(...only, proxyUrl);
      return checksOf(diagnosis).includes('shared-dictionary-missing') && diagnosis;
    });
    expect(checksOf(found)).toEqual(['shared-dictionary-missing']);
    expect(found.problems[0]!.fix).toContain("KONG_NGINX_HTTP_LUA_SHARED_DICT='drain 1m'");
  });

  test('4. a Kong too old', async () => {
    if (process.env.KONG_BIN) return; // a real one is what it is
    const { proxyUrl } = await gateway({ env: { KONG_STANDIN_VERSION: '3.4.2' } });
    const found = await doctor(...only, proxyUrl);
    expect(checksOf(found)).toContain('kong-too-old');
    expect(found.problems.find(({ check }) => check === 'kong-too-old')!.message).toContain(
      '3.4.2',
    );
  });

  test('no Kong there at all', async () => {
    const found = await doctor(...only, `http://127.0.0.1:${await freePort()}`);
    expect(checksOf(found)).toEqual(['kong-unreachable']);
  });
});

describe('its configuration', () => {
  const messages = ({ problems }: Diagnosis) => problems.map(({ message }) => message).join('\n');
  const diagnosed = (change: (config: KongYml & Record<string, unknown>) => void) =>
    doctor('--no-registry', '--kong-config', file(changed(change)));

  test('5. a Service by IP', async () => {
    const found = await diagnosed(({ services }) => {
      Object.assign(services[0], { host: '10.0.12.7' });
    });
    expect(messages(found)).toContain(
      'kong-service-ip: Kong Service rt: its host is the IP 10.0.12.7',
    );
    expect(found.problems[0]!.fix).toContain('host: rt.upstream');
  });

  test('6. retries: 0', async () => {
    const found = await diagnosed(({ services }) => Object.assign(services[0], { retries: 0 }));
    expect(messages(found)).toContain('kong-retries-zero: Kong Service rt: retries is 0');
  });

  test('7. a connect timeout of a minute', async () => {
    const found = await diagnosed(({ services }) => {
      Object.assign(services[0], { connect_timeout: 60_000 });
    });
    expect(messages(found)).toContain('kong-connect-timeout');
  });
});

test('a real Kong’s Admin API tells what its file would', async () => {
  if (!process.env.KONG_BIN) return; // the stand-in has none
  const listen = `127.0.0.1:${await freePort()}`;
  const declarative = changed(({ services }) => Object.assign(services[0], { retries: 0 }));
  await gateway({ declarative, env: { KONG_ADMIN_LISTEN: listen } });
  const byFile = await doctor('--no-registry', '--kong-config', file(declarative));
  const byAdmin = await doctor('--no-registry', '--kong-admin', `http://${listen}`);
  const messages = ({ problems }: Diagnosis) => problems.map(({ message }) => message).sort();
  expect(messages(byAdmin)).toContainEqual(expect.stringContaining('retries is 0'));
  expect(messages(byAdmin)).toEqual(messages(byFile));
});

describe('pods', () => {
  test('8. a keep-alive shorter than Kong’s', async () => {
    const { healthUrl, ready } = await pod({}, { RT_KEEPALIVE_SECONDS: '5' });
    await ready();
    const found = await doctor('--no-registry', '--runtime', healthUrl);
    expect(checksOf(found)).toEqual(['keepalive-order']);
    expect(found.problems[0]!.message).toContain('after 5.0 s, Kong keeps them for 60 s');
  });

  test('9. a pool that no gateway serves', async () => {
    const { ready } = await pod({ DRAIN_POOL: 'shop' });
    await ready();
    const { problems } = await doctor();
    expect(problems).toMatchObject([{ check: 'pool-without-gateway', subject: 'pool shop' }]);
  });

  test('10. a health URL that leads nowhere', async () => {
    const { sidecarUrl } = await pod({ DRAIN_HEALTH_URL: 'http://127.0.0.1:1/health' });
    await waitFor('the sidecar', async () => (await fetch(`${sidecarUrl}/healthz`)).ok);
    const found = await doctor('--no-registry', '--sidecar', sidecarUrl);
    expect(checksOf(found)).toEqual(['sidecar-unwell']);
    expect(found.problems[0]!.fix).toContain('DRAIN_HEALTH_URL');
  });
});

describe('the registry', () => {
  test('11. a lease of only two renewals', async () => {
    const env = { DRAIN_RENEW_MS: '2000', DRAIN_LEASE_MS: '4000' };
    const { name } = await gateway({ env });
    await waitFor(
      'its lease',
      async () => {
        const { problems } = await doctor('--pool', 'rt');
        return problems.some(({ check, subject }) => {
          return check === 'lease-renewed-late' && subject === `gateway ${name}, pool rt`;
        });
      },
      { timeoutMs: 30_000 },
    );
  });

  test('12. a Redis that throws keys away', async () => {
    const args = ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
    const redis = await startRedis({ dir: path.join(fleet().dir, 'evicting'), args });
    cleanUps.push(() => redis.stop());
    const found = await doctor('--redis', redis.url, '--pool', 'rt');
    expect(checksOf(found)).toContain('redis-evicts');
  });

  test('13. requests that go round the gateways, seen by a drain', async () => {
    const [one] = fleet().pods();
    const socket = connect({ host: one!.address, port: POD_PORT, localAddress: '127.0.0.77' });
    await once(socket, 'connect');
    socket.write('GET /slow?ms=4000 HTTP/1.1\r\nHost: rt\r\nConnection: close\r\n\r\n');
    const deletion = fleet().deletePod(one!);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/);
    socket.destroy();
    await deletion;
    await fleet().addPod();
    const { problems } = await doctor('--pool', 'rt');
    expect(problems).toMatchObject([{ check: 'strangers', subject: '127.0.0.77, pool rt' }]);
  });

  test('no Redis at all', async () => {
    const found = await doctor('--redis', `redis://127.0.0.1:${await freePort()}`);
    expect(checksOf(found)).toEqual(['redis-unreachable']);
  });
});
