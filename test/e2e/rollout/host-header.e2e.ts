/** Host and SNI: the runtime sees what it would see without us, whatever the Service and the route are like. */
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../../harness/free-port';
import { startProcess, type HarnessProcess } from '../../../harness/process';
import { compiledEntry } from '../../../harness/repository';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import { sharedFleet, untilRouting } from '../support/fleet';
import { ask } from '../support/request';

const CLIENT_HOST = 'shop.example';

// With untilNoConnections: each request on a connection of its own. Kong has a keep-alive pool for each SNI, the stand-in
// one for all.
const shortKeepAlive = { RT_KEEPALIVE_SECONDS: '0.05' };

interface Config {
  services: object[];
  upstreams: object[];
}

describe.each(['http', 'https'] as const)('%s runtimes', (protocol) => {
  let local: HarnessProcess;
  let localTarget: string;
  const fleet = sharedFleet(
    {
      mode: 'drain',
      pods: 2,
      https: protocol === 'https',
      runtimeEnv: shortKeepAlive,
    },
    async (fleet) => {
      const port = await freePort();
      localTarget = `127.0.0.1:${port}`;
      local = startRuntime(fleet, port, protocol);
      const url = `${protocol}://127.0.0.1:${port}/health`;
      await waitFor('the runtime on 127.0.0.1', async () => (await ask(url)).status === 200);
      const [gateway] = fleet.gateways;
      await gateway!.reload(withAndWithoutUs(fleet, port, protocol));
      await untilRouting(fleet);
      return () => local.stop();
    },
  );

  async function seen(route: string): Promise<{ host: string; sni: string; pod: string }> {
    const { kind } = fleet().gateways[0]!;
    if (protocol === 'https' && kind === 'stand-in')
      await untilNoConnections([
        ...fleet()
          .pods()
          .map(({ target }) => target),
        localTarget,
      ]);
    const { body, status } = await ask(`${fleet().gateways[0]!.proxyUrl}/${route}/headers`, {
      headers: { host: CLIENT_HOST },
    });
    expect(status).toBe(200);
    const { headers, servername, pod } = JSON.parse(body) as {
      headers: { host: string };
      servername: string | null;
      pod: string;
    };
    return { host: headers.host, sni: servername ?? '', pod };
  }

  test.each([
    ['an Upstream with host_header', 'named'],
    ['an Upstream of a named target', 'names'],
    ['a Service of a DNS name', 'dns'],
  ])('%s: the same Host and SNI with and without us', async (_, service) => {
    for (const route of ['own', 'kept']) {
      const without = await seen(`off-${service}-${route}`);
      const withUs = await seen(`on-${service}-${route}`);
      expect(withUs).toEqual({ ...without, pod: withUs.pod });
      expect(
        fleet()
          .pods()
          .map(({ name }) => name),
      ).toContain(withUs.pod);
    }
  });

  test('an Upstream of addresses: the Host is the pod’s own address, or the client’s where it is preserved', async () => {
    for (const state of ['off', 'on']) {
      const own = await seen(`${state}-addresses-own`);
      const pod = fleet()
        .pods()
        .find(({ name }) => name === own.pod)!;
      expect(own).toEqual({ host: pod.target, sni: own.sni, pod: pod.name });
      expect(await seen(`${state}-addresses-kept`)).toMatchObject({ host: CLIENT_HOST });
    }
    expect((await seen('on-addresses-own')).sni).toBe((await seen('off-addresses-own')).sni);
  });
});

async function untilNoConnections(targets: readonly string[]): Promise<void> {
  await waitFor('idle connections to go', async () => {
    const answers = targets.map((target) => ask(`https://${target}/inflight`));
    return (await Promise.all(answers)).every(({ body }) => body.includes('"connections":1,'));
  });
}

function startRuntime(fleet: Fleet, port: number, protocol: 'http' | 'https'): HarnessProcess {
  return startProcess({
    name: 'runtime on 127.0.0.1',
    command: process.execPath,
    args: [compiledEntry('example/rt/main.ts')],
    env: {
      RT_LISTEN: `127.0.0.1:${port}`,
      RT_POD: 'local',
      RT_HTTPS: protocol === 'https' ? '1' : '0',
      ...shortKeepAlive,
    },
    logFile: path.join(fleet.dir, 'local-runtime.log'),
  });
}

/** Four kinds of Service, each with and without the plugin, each with a route that preserves the Host and one not. */
function withAndWithoutUs(fleet: Fleet, port: number, protocol: string): string {
  const config = parse(fleet.declarative()) as Config;
  const pods = fleet.pods().map(({ target }) => ({ target }));
  config.upstreams.push(
    { name: 'named.upstream', host_header: 'rt.internal', targets: pods },
    { name: 'names.upstream', targets: [{ target: `localhost:${port}` }] },
    { name: 'addresses.upstream', targets: pods },
  );
  const hosts = {
    named: { host: 'named.upstream' },
    names: { host: 'names.upstream' },
    addresses: { host: 'addresses.upstream' },
    dns: { host: 'localhost', port },
  };
  for (const [name, host] of Object.entries(hosts)) {
    for (const state of ['on', 'off']) {
      const route = (kind: string, preserve: boolean) => ({
        name: `${state}-${name}-${kind}`,
        paths: [`/${state}-${name}-${kind}`],
        preserve_host: preserve,
      });
      config.services.push({
        name: `${state}-${name}`,
        protocol,
        ...host,
        routes: [route('own', false), route('kept', true)],
        ...(state === 'on' ? { plugins: [{ name: 'drain', config: { pool: 'rt' } }] } : {}),
      });
    }
  }
  return stringify(config);
}
