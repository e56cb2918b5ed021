/** On a real Redis: what the verifier learns of a drain is what the registry was told. */
import { watchPool } from '../../../cli/verify/rollout/registry-watch';
import { waitFor } from '../../../harness/wait';
import { cleanUp, onCleanUp, realRedis } from '../../registry/redis';
import { openRegistry } from '../../../registry/open';
import type { RedisRegistry } from '../../../registry/redis-registry';
import type { Life } from '../../../registry/registry';

afterEach(cleanUp);

const TARGET = '10.0.0.1:8080';

async function opened(url: string): Promise<RedisRegistry> {
  const registry = openRegistry(
    { DRAIN_REDIS_URL: url, DRAIN_ALLOWED_CIDRS: '' },
    { badRecord: () => undefined, redisError: () => undefined },
  );
  onCleanUp(() => registry.close());
  await waitFor('the registry', () => registry.pool('rt').view());
  return registry;
}

test('a target that serves, drains, is acked and released is a life and a drain, by this machine’s clock', async () => {
  const redis = await realRedis();
  const registry = await opened(redis.url);
  const pool = registry.pool('rt');
  const life = (id: string, fence: number, serial: number, seenEpoch: number): Life => ({
    ...{ id, incarnation: `life of ${id}`, fence, serial, seenEpoch, leaseMs: 60_000 },
  });
  const startedMs = Date.now();
  const target = await pool.join('target', TARGET);
  const gateway = await pool.join('gateway', 'gw-1');
  await pool.announce({ ...life(TARGET, target, 1, 0), state: 'serving', pod: 'rt-1' });
  const history = registry.history('rt');
  const watch = watchPool(pool, history);
  await waitFor('the pod', () => watch.sight().pods.length === 1);

  const { epoch } = await pool.announce({
    ...life(TARGET, target, 2, 1),
    ...{ state: 'draining', by: 'hook', pod: 'rt-1' },
  });
  await waitFor('the drain', () => watch.draining() === 1);
  const report = { name: 'gw-1', addresses: [], epoch, unassigned: 0, leaseMs: 60_000 };
  const renew = (serial: number, holding: Record<string, number>) =>
    pool.renew({
      ...life('gw-1', gateway, serial, epoch),
      ...{ report: { ...report, holding }, counts: holding, news: true },
    });
  await renew(1, { [TARGET]: 2 });
  await waitFor('the ack', () => watch.sight().drains[0]?.acks.length === 1);
  await renew(2, {});
  await pool.announce({ ...life(TARGET, target, 3, epoch), state: 'gone', why: 'released' });
  await waitFor('the release', () => watch.draining() === 0);
  await history.record({
    ...{ target: TARGET, pod: 'rt-1', by: 'hook', outcome: 'released', blind: false },
    ...{ totalMs: Date.now() - watch.sight().drains[0]!.fromMs, ackMs: 3, afterLastByteMs: 1 },
    gateways: [{ name: 'gw-1', ackMs: 3, lost: false }],
    ...{ cutRequests: [], cutConnections: [], timeline: [] },
  });
  const seen = watch.sight().drains[0]!;
  await watch.close();
  const { pods, drains } = watch.sight();
  const endedMs = Date.now();

  expect(pods).toMatchObject([
    { target: TARGET, pod: 'rt-1', phases: [{ phase: 'serving' }, { phase: 'draining' }] },
  ]);
  const [drain] = drains;
  expect(drain).toMatchObject({ target: TARGET, by: 'hook', acks: [{ gateway: 'gw-1' }] });
  const moments = [startedMs, drain!.fromMs, drain!.acks[0]!.atMs, endedMs];
  expect(moments).toEqual([...moments].sort((a, b) => a - b));
  expect(drain!.heldUntilMs).toBeGreaterThanOrEqual(drain!.fromMs);
  expect(drain!.untilMs).toBeLessThanOrEqual(endedMs);
  // The sidecar's own word, where the verifier had only watched.
  expect(seen.outcome).toBeUndefined();
  expect(drain!.outcome).toBe('released');
  expect(Math.abs(drain!.acks[0]!.atMs - drain!.fromMs - 3)).toBeLessThan(200);
  expect(watch.gaps()).toBe(0);
});

test('a registry that is away leaves gaps, and the watch goes on when it is back', async () => {
  const redis = await realRedis();
  const registry = await opened(redis.url);
  const pool = registry.pool('rt');
  const watch = watchPool(pool, registry.history('rt'));
  redis.signal('SIGSTOP');
  await waitFor('gaps', () => watch.gaps() > 0, { timeoutMs: 30_000 });
  redis.signal('SIGCONT');
  const fence = await waitFor('Redis', () => pool.join('target', TARGET));
  const said = { id: TARGET, incarnation: 'x', fence, serial: 1, seenEpoch: 0, leaseMs: 60_000 };
  await pool.announce({ ...said, state: 'serving' });
  await waitFor('the pod', () => watch.sight().pods.length === 1, { timeoutMs: 30_000 });
  await watch.close();
});
