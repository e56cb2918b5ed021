/** Redis away, stopped, emptied or cut off: clients do not notice, drains are answered, safely while anyone can be asked. */
import path from 'node:path';
import { freePort } from '../../../harness/free-port';
import { startRedis, type HarnessRedis } from '../../../harness/redis';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import { drained, expectAnsweredAfter, shortDeadline } from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { unassigned } from '../support/log';
import { pin } from '../support/pinned';
import { startRedisRelay, type RedisRelay } from '../../../harness/redis-relay';
import {
  expectOnlyKongsOwn,
  expectUnharmed,
  underLoad,
  type StopWindow,
} from '../support/under-load';

let relays: { gateways: RedisRelay; sidecars: RedisRelay };
let redis: HarnessRedis;
let eye: Eye;

const fleet = sharedFleet(
  async () => {
    const redisPort = await freePort();
    const [gateways, sidecars] = [
      await startRedisRelay(redisPort),
      await startRedisRelay(redisPort),
    ];
    relays = { gateways, sidecars };
    return {
      ...shortDeadline,
      pods: 3,
      gateways: 2,
      redisPort,
      gatewayEnv: { ...shortDeadline.gatewayEnv, DRAIN_REDIS_URL: gateways.url },
      sidecarEnv: { ...shortDeadline.sidecarEnv, DRAIN_REDIS_URL: sidecars.url },
    };
  },
  (fleet) => {
    redis = fleet.redis!;
    eye = new Eye(redis.url);
    return async () => {
      await eye.close();
      await redis.stop({ signal: 'SIGKILL' });
      await relays.gateways.close();
      await relays.sidecars.close();
    };
  },
);

afterEach(async () => {
  relays.gateways.open();
  relays.sidecars.open();
  await fleet().addPod();
  await untilRouting(fleet());
});

/** Kong's own routing has taken over at every gateway. */
async function untilOwnRouting(fleet: Fleet): Promise<void> {
  const seen = await Promise.all(fleet.gateways.map(unassigned));
  await waitFor('Kong’s own routing', async () => {
    const now = await Promise.all(fleet.gateways.map(unassigned));
    return now.every((count, i) => count > seen[i]!);
  });
}

test('Redis is killed: Kong routes by itself, a drain is blind, and all is as before once it is back', async () => {
  const [pod] = fleet().pods();
  const stops: StopWindow[] = [];
  const result = await underLoad(fleet(), async () => {
    await redis.stop({ signal: 'SIGKILL' });
    await untilOwnRouting(fleet());
    const { stop, summary } = await drained(fleet(), pod!);
    stops.push(stop);
    expect(summary).toMatchObject({ blind: true });
    const { port } = redis;
    redis = await startRedis({ port, dir: path.join(fleet().dir, 'redis-2') });
    await untilRouting(fleet());
  });
  expectOnlyKongsOwn(result, stops);
});

test('Redis hangs: the same, and its old state is good when it wakes', async () => {
  const [pod] = fleet().pods();
  const stops: StopWindow[] = [];
  const result = await underLoad(fleet(), async () => {
    redis.signal('SIGSTOP');
    try {
      await untilOwnRouting(fleet());
      const { stop, summary } = await drained(fleet(), pod!);
      stops.push(stop);
      expect(summary).toMatchObject({ blind: true });
    } finally {
      redis.signal('SIGCONT');
    }
    await untilRouting(fleet());
  });
  expectOnlyKongsOwn(result, stops);
});

test('Redis is emptied while all serve: they state themselves anew, no request goes astray', async () => {
  const result = await underLoad(fleet(), async () => {
    const run = await eye.redis.hget('drain:{rt}', 'run');
    await eye.redis.flushall();
    await waitFor('another run', async () => {
      const now = await eye.redis.hget('drain:{rt}', 'run');
      return now !== null && now !== run;
    });
    await untilRouting(fleet());
  });
  expectUnharmed(result);
});

test('Redis is emptied in mid-drain: the drain goes on, and is not answered before its last request', async () => {
  const [gateway] = fleet().gateways;
  const { pod, endedMs } = await pin(fleet(), gateway!, eye, 4000);
  const result = await underLoad(fleet(), async () => {
    const drain = drained(fleet(), pod);
    await eye.untilTarget(pod.target, 'draining');
    await eye.redis.flushall();
    const { summary, answeredMs } = await drain;
    expectAnsweredAfter(answeredMs, await endedMs);
    expect(summary).toMatchObject({ outcome: 'released', blind: false, cutRequests: [] });
    const registrations = summary.timeline.filter(({ event }) => event === 'registered');
    expect(registrations.length).toBeGreaterThan(1);
  });
  expectUnharmed(result);
});

test('Redis comes back as an older copy in mid-drain: the drain goes on, and is not answered before its last request', async () => {
  const [gateway] = fleet().gateways;
  await eye.redis.save();
  const { pod, endedMs } = await pin(fleet(), gateway!, eye, 4000);
  const result = await underLoad(fleet(), async () => {
    const drain = drained(fleet(), pod);
    await eye.untilTarget(pod.target, 'draining');
    await redis.stop({ signal: 'SIGKILL' });
    const { port, logFile } = redis;
    redis = await startRedis({ port, dir: path.dirname(logFile) });
    const { summary, answeredMs } = await drain;
    expectAnsweredAfter(answeredMs, await endedMs);
    expect(summary).toMatchObject({ outcome: 'released', blind: false, cutRequests: [] });
    await untilRouting(fleet());
  });
  expectUnharmed(result);
});

test('all connections to Redis are cut again and again in mid-drain: it is released after its last request', async () => {
  const [gateway] = fleet().gateways;
  const { pod, endedMs } = await pin(fleet(), gateway!, eye, 2500);
  const result = await underLoad(fleet(), async () => {
    const drain = drained(fleet(), pod);
    const cutting = setInterval(() => {
      relays.gateways.cut();
      relays.sidecars.cut();
    }, 250);
    await endedMs.finally(() => clearInterval(cutting));
    const { summary, answeredMs } = await drain;
    expectAnsweredAfter(answeredMs, await endedMs);
    expect(summary).toMatchObject({ outcome: 'released', blind: false });
  });
  expectUnharmed(result);
});

test('the gateways alone lose Redis: to the drain they are lost, and the pod’s sockets decide', async () => {
  const [gateway] = fleet().gateways;
  const { pod, endedMs } = await pin(fleet(), gateway!, eye, 4500);
  const stops: StopWindow[] = [];
  const result = await underLoad(fleet(), async () => {
    relays.gateways.block();
    const { stop, summary, answeredMs } = await drained(fleet(), pod);
    stops.push(stop);
    expectAnsweredAfter(answeredMs, await endedMs);
    expect(summary.gateways.map(({ lost }) => lost)).toEqual([true, true]);
    relays.gateways.open();
    await untilRouting(fleet());
  });
  expectOnlyKongsOwn(result, stops);
});

test('the sidecars alone lose Redis: no pod is known to serve, Kong routes by itself, without an error of ours', async () => {
  const [pod] = fleet().pods();
  const stops: StopWindow[] = [];
  const result = await underLoad(fleet(), async () => {
    relays.sidecars.block();
    await untilOwnRouting(fleet());
    const { stop, summary } = await drained(fleet(), pod!);
    stops.push(stop);
    expect(summary).toMatchObject({ blind: true });
    relays.sidecars.open();
    await untilRouting(fleet());
  });
  expectOnlyKongsOwn(result, stops);
});
