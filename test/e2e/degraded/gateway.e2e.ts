/** A gateway or a part of it dies, or cannot use the plugin: other gateways’ clients do not notice, drains do not hang. */
import { openAddressBook } from '../../../harness/addresses';
import { startGateway, type Gateway } from '../../../harness/gateway/gateway';
import { httpGet } from '../../../harness/http-get';
import { waitFor } from '../../../harness/wait';
import path from 'node:path';
import { drained, expectAnsweredAfter, LEASE_MS, shortDeadline } from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { linesWith, metric } from '../support/log';
import { pin } from '../support/pinned';
import { ask, begin } from '../support/request';
import { expectUnharmed, underLoad } from '../support/under-load';

let eye: Eye;

const fleet = sharedFleet({ ...shortDeadline, pods: 3, gateways: 2, unbuffered: true }, (fleet) => {
  eye = new Eye(fleet.redis!.url);
  return () => eye.close();
});

afterEach(async () => {
  while (fleet().pods().length < 3) await fleet().addPod();
  await untilRouting(fleet());
});

test('a killed worker takes its counts with it: the drain is released, only its own clients notice', async () => {
  const [gateway] = fleet().gateways;
  const { pod, request } = await pin(fleet(), gateway!, eye, 30_000);
  const held = request.answer.then(
    () => 'answered',
    () => 'cut',
  );
  const result = await underLoad(fleet(), async () => {
    const drain = drained(fleet(), pod);
    await eye.untilTarget(pod.target, 'draining');
    // The pinned request is at one of them; each is respawned by its master.
    for (const pid of gateway!.workerPids()) process.kill(pid, 'SIGKILL');
    const { summary } = await drain;
    expect(summary).toMatchObject({ outcome: 'released', blind: false });
  });
  expect(await held).toBe('cut');
  for (const failure of result.failures) {
    expect(failure.gateway).toBe(gateway!.proxyUrl);
    expect(failure.kind).toMatch(/^(reset-(un)?sent|refused)$/);
  }
  expect(result.corrupt).toBe(0);
});

test('a gateway is killed with an upload at a draining pod: it is lost, the sockets decide, the drain is answered', async () => {
  const [survivor, victim] = fleet().gateways;
  await eye.untilInFlight(victim!.name, 0);
  const upload = begin(`${victim!.proxyUrl}/upload`, {
    method: 'POST',
    headers: { 'content-length': 1000 },
  });
  upload.send('some of it');
  const pod = await waitFor('the upload’s pod', async () => {
    const [target] = Object.keys(await eye.inFlight(victim!.name));
    return fleet()
      .pods()
      .find((pod) => pod.target === target);
  });
  // Its connection stays when the gateway dies: as of a node that vanished from the network.
  const orphan = begin(`http://${pod.target}/slow?ms=4500`, { localAddress: victim!.address });
  orphan.end();
  const orphanEndedMs = orphan.answer.then(() => performance.now());

  const result = await underLoad(
    fleet(),
    async () => {
      const drain = drained(fleet(), pod);
      await eye.untilTarget(pod.target, 'draining');
      await fleet().removeGateway(victim!, 'kill');
      const { summary, answeredMs } = await drain;
      expectAnsweredAfter(answeredMs, await orphanEndedMs);
      expect(summary).toMatchObject({ outcome: 'released', blind: false });
      expect(summary.totalMs).toBeGreaterThan(LEASE_MS / 2);
      const lost = summary.gateways.filter(({ lost }) => lost);
      expect(lost.map(({ name }) => name)).toEqual([victim!.name]);
    },
    { urls: [survivor!.proxyUrl] },
  );
  await expect(upload.answer).rejects.toThrow();
  expectUnharmed(result);
});

test('without the shared dictionary a gateway says so once, clearly, and routes as Kong alone', async () => {
  const addresses = await openAddressBook();
  let gateway: Gateway | undefined;
  try {
    const number = addresses.nextGatewayNumber();
    gateway = await startGateway({
      number,
      dir: path.join(fleet().dir, 'no-dictionary'),
      declarative: fleet().declarative(),
      redisUrl: fleet().redis!.url,
      pluginServer: 'started',
      env: { KONG_NGINX_HTTP_LUA_SHARED_DICT: 'other 1m' },
    });
    const { proxyUrl, metricsUrl, logFile } = gateway;
    await waitFor('it to proxy', async () => (await httpGet(`${proxyUrl}/health`)).status === 200);
    const result = await underLoad(
      fleet(),
      async () => {
        expect((await ask(`${proxyUrl}/status/404`)).status).toBe(404);
        const refused = 'drain_sync_failures_total{code="SYNC_REFUSED"}';
        await waitFor('the agent’s metric', async () => (await metric(metricsUrl!, refused)) > 1);
      },
      { urls: [proxyUrl] },
    );
    expectUnharmed(result);
    const lines = linesWith(logFile, 'the shared dictionary `drain` is missing');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("KONG_NGINX_HTTP_LUA_SHARED_DICT='drain 1m'");
  } finally {
    await gateway?.stop();
    addresses.release();
  }
});
