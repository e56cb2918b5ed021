/** The registry behind a Sentinel: the master is killed, its replica takes over, everyone goes on by themselves. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectRedis } from '../../registry/connect';
import { freePort } from '../../harness/free-port';
import { startProcess } from '../../harness/process';
import { waitFor } from '../../harness/wait';
import { cleanUp, clientOf, onCleanUp, realRedis, registryOver, temporaryFolder } from './redis';
import { draining, renewal, serving, TARGET } from './statements';

jest.setTimeout(30_000);
afterAll(cleanUp);

/** A sentinel over one master, which knows the master's replica. Returns its port. */
async function sentinelOver(masterPort: number): Promise<number> {
  const port = await freePort();
  const file = path.join(temporaryFolder(), 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor group 127.0.0.1 ${masterPort} 1`,
    'sentinel down-after-milliseconds group 300',
    'sentinel failover-timeout group 2000',
  ];
  writeFileSync(file, lines.join('\n'));
  const sentinel = startProcess({
    ...{ name: 'sentinel', command: 'redis-server', args: [file, '--sentinel'] },
    logFile: `${file}.log`,
  });
  onCleanUp(() => sentinel.stop({ signal: 'SIGKILL' }));
  const client = await clientOf(`redis://127.0.0.1:${port}`);
  await waitFor('the sentinel to know the replica', async () => {
    const [replica] = (await client.call('SENTINEL', 'REPLICAS', 'group')) as string[][];
    return replica?.includes('ok') === true && !replica.includes('s_down,slave');
  });
  return port;
}

test('after the master was killed every call works again, on what the replica had', async () => {
  const master = await realRedis();
  const replica = await realRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
  const behind = await clientOf(replica.url);
  await waitFor('the replica', async () =>
    (await behind.info('replication')).includes('link_status:up'),
  );
  const url = `redis+sentinel://127.0.0.1:${await sentinelOver(master.port)}/group`;
  const open = () => connectRedis({ url }, () => undefined);
  const { registry } = await registryOver(open(), open());
  const pool = registry.pool('rt');

  const heard: (number | null)[] = [];
  const connects: boolean[] = [];
  pool.onChange((change) => heard.push(change?.epoch ?? null));
  registry.onConnect((again) => connects.push(again));
  const before = await pool.announce(serving({ fence: 7, serial: 1 }));
  await pool.renew(renewal({ fence: 3, serial: 1, epoch: before.epoch }));
  await waitFor('the change', () => heard.includes(before.epoch));
  await waitFor(
    'the copy',
    async () => (await behind.hget('drain:{rt}:gateways', 'gw-1')) !== null,
  );
  heard.length = 0;

  master.signal('SIGKILL');
  await expect(pool.view()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  let serial = 1;
  const drained = await waitFor(
    'the replica to be the master',
    () => pool.announce(draining({ fence: 7, serial: ++serial, seenEpoch: before.epoch })),
    { timeoutMs: 15_000 },
  );
  expect(drained).toMatchObject({ status: 'ok', run: before.run, record: { state: 'draining' } });
  expect(connects).toEqual([true]);
  const { gateways } = await pool.progress(TARGET, 0);
  expect(gateways).toMatchObject([{ id: 'gw-1', epoch: before.epoch }]);
  expect(await pool.renew(renewal({ fence: 3, serial: 1 }))).toMatchObject({ status: 'ok' });
  expect(await pool.renew(renewal({ fence: 2, serial: 9 }))).toMatchObject({ status: 'stale' });

  await waitFor('the subscription to be back', () => heard.includes(null), { timeoutMs: 15_000 });
  const again = await pool.announce(serving({ fence: 8 }));
  await waitFor('a change by the new master', () => heard.includes(again.epoch));
});
