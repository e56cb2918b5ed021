/** The commands beside real sidecars, a real plugin server and a gateway: what they say is what happened. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PoolStatus, TargetStatus } from '../../cli/status/pool-status';
import type { PoolDrain } from '../../cli/history/run';
import { startFleet } from '../../harness/fleet';
import { httpGet } from '../../harness/http-get';
import { assertNoProcessLeaks } from '../../harness/process-groups';
import { compiledEntry } from '../../harness/repository';
import type { Fleet } from '../../harness/running-fleet';
import { waitFor } from '../../harness/wait';
import type { DrainSummary } from '../../sidecar/timeline';
import { cli } from './run';

jest.setTimeout(90_000);

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({ mode: 'drain', pods: 3, gateways: 2 });
});
afterAll(async () => {
  await fleet.stop();
  await assertNoProcessLeaks();
});

const run = (...args: string[]) => cli([...args, '--redis', fleet.redis!.url]);
const read = async <T>(...args: string[]): Promise<T[]> =>
  JSON.parse((await run(...args, '-o', 'json')).out) as T[];

async function targets(): Promise<readonly TargetStatus[]> {
  const [pool] = await read<PoolStatus>('status');
  return pool!.targets;
}

test('status names every pod and gateway as the fleet knows them', async () => {
  const status = await waitFor('every ack', async () => {
    const [pool] = await read<PoolStatus>('status');
    return pool?.gateways.every(({ current }) => current) && pool;
  });
  expect(status.targets.map(({ target, pod, state }) => [target, pod, state]).sort()).toEqual(
    fleet
      .pods()
      .map(({ target, name }) => [target, name, 'serving'])
      .sort(),
  );
  expect(status.gateways).toMatchObject(
    [...fleet.gateways]
      .sort((a, b) => a.number - b.number)
      .map(({ name, address }) => ({
        ...{ gateway: name, lease: 'live', addresses: [address], unassigned: 0 },
      })),
  );
});

test('drain --wait returns when the request in flight has ended, not before; undrain takes it back', async () => {
  const [gateway] = fleet.gateways;
  let ended = false;
  const request = httpGet(`${gateway!.proxyUrl}/slow?ms=4000`).finally(() => (ended = true));
  const busy = await waitFor('the request’s pod', async () =>
    (await targets()).find(({ inFlight }) => inFlight === 1),
  );
  const waiting = run('drain', '--pod', busy.pod!, '--wait').then((ran) => ({ ...ran, ended }));
  await waitFor('the hold', async () => {
    const now = (await targets()).find(({ target }) => target === busy.target);
    return now?.drain?.heldBy.some(({ why }) => why === 'in-flight');
  });
  expect(ended).toBe(false);
  const waited = await waiting;
  expect(waited).toMatchObject({ code: 0, ended: true });
  expect(waited.err).toContain(`${busy.pod!}: ${gateway!.name}: 1 in flight`);
  expect((await request).status).toBe(200);

  expect(await run('undrain', '--pod', busy.pod!)).toMatchObject({ code: 0 });
  expect((await targets()).map(({ state }) => state)).toEqual(['serving', 'serving', 'serving']);
});

test('history keeps the drain that the hook answered, event by event', async () => {
  const [pod] = fleet.pods();
  const { hook } = await fleet.deletePod(pod!);
  const summary = hook!.body as DrainSummary;
  const [drain] = await waitFor('the drain in the history', async () => {
    const drains = await read<PoolDrain>('history', '--pod', pod!.name);
    return drains.length > 0 && drains;
  });
  const { pool: _, ...said } = summary;
  expect(drain).toMatchObject({ pool: 'rt', node: 'loopback', ...said });
  const { out } = await run('history', '--timeline', '--limit', '1');
  for (const { event } of summary.timeline) expect(out).toContain(` ${event}`);
  expect((await run('history')).out).toMatch(/rt-\d+ +hook +released/);
  expect(await read('history', '--cut')).toEqual([]);
});

test('so it does where SIGTERM began it, although the sidecar ends with it', async () => {
  const [pod] = fleet.pods();
  pod!.sidecar!.signal('SIGTERM');
  expect(await pod!.sidecar!.exited).toMatchObject({ code: 0 });
  const drains = await read<PoolDrain>('history', '--pod', pod!.name);
  expect(drains).toMatchObject([{ by: 'signal', outcome: 'released' }]);
});

test('the binary prints plain text into a pipe, and ends when its reader has enough', async () => {
  const command = `"${process.execPath}" "${compiledEntry('cli/main.ts')}" status --all | head -n 1`;
  const env = { ...process.env, DRAIN_REDIS_URL: fleet.redis!.url };
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command], { env });
  expect(stdout).toMatch(/^Pool rt: /);
  expect(stderr).toBe('');
});
