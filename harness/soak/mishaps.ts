/**
 * Owns what befalls the parts while the pods roll: one series for the gateways, one for Redis, side by side.
 * Invariant: whatever a mishap took away is there again when `end` resolves, and its window is on record.
 */
import path from 'node:path';
import { DrainError } from '../../core/errors';
import { pick, seededRandom } from '../../core/random';
import type { Gateway } from '../gateway/gateway';
import { startRedis, type HarnessRedis } from '../redis';
import type { RedisRelay } from '../redis-relay';
import type { Fleet } from '../running-fleet';
import { sleep } from '../wait';
import type { Entrance } from './entrance';

export interface Mishap {
  readonly what: string;
  /** Date.now(). */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Ground {
  readonly fleet: Fleet;
  readonly entrance: Entrance;
  /** The one that runs: a mishap puts another in its place. */
  readonly redis: { current: HarnessRedis };
  /** The gateways' way to it. */
  readonly relay: RedisRelay;
  readonly say: (text: string) => void;
}

export interface Mishaps {
  readonly record: readonly Mishap[];
  /** Begins no more, waits for those under way. Rejects if one could not be carried out. */
  end(): Promise<void>;
}

type Act = (random: () => number) => Promise<string>;

const [PAUSE_MIN_MS, PAUSE_MAX_MS] = [500, 4000];
/** Then the harness kills what was asked to quit. */
const QUIT_MS = 60_000;
const [AWAY_MIN_MS, AWAY_MAX_MS] = [500, 6000];

const between = (min: number, max: number, random: () => number): number =>
  min + random() * (max - min);
const away = (random: () => number): Promise<void> =>
  sleep(between(AWAY_MIN_MS, AWAY_MAX_MS, random));

/** Begins both series at once; the seed decides what happens and after what pause. */
export function startMishaps(ground: Ground, seed: number): Mishaps {
  const record: Mishap[] = [];
  const ending = new AbortController();
  const leaving: Promise<void>[] = [];

  async function series(acts: readonly Act[], random: () => number): Promise<void> {
    while (!ending.signal.aborted) {
      await sleep(between(PAUSE_MIN_MS, PAUSE_MAX_MS, random), ending.signal).catch(
        () => undefined,
      );
      const act = pick(acts, random);
      if (ending.signal.aborted || !act) return;
      const fromMs = Date.now();
      const what = await act(random);
      record.push({ what, fromMs, untilMs: Date.now() });
      ground.say(`${what} (${Date.now() - fromMs} ms)`);
    }
  }
  const running = Promise.all([
    series(gatewayActs(ground, leaving), seededRandom(seed)),
    series(redisActs(ground), seededRandom(seed + 1)),
  ]);
  running.catch(() => undefined); // said by `end`
  return {
    record,
    end: async () => {
      ending.abort();
      await running;
      await Promise.all(leaving);
    },
  };
}

function gatewayActs({ fleet, entrance }: Ground, leaving: Promise<void>[]): Act[] {
  const some = (random: () => number): Gateway => {
    const gateway = pick(fleet.gateways, random);
    if (!gateway) throw new Error('a fleet without gateways');
    return gateway;
  };
  const signalServer = (gateway: Gateway, signal: NodeJS.Signals): void => {
    for (const pid of gateway.pluginServerPids()) process.kill(pid, signal);
  };
  return [
    async (random) => {
      const old = some(random);
      const added = await fleet.addGateway();
      await entrance.add(added);
      await entrance.drain(old);
      // Its uploads take longer than a mishap; they end while the next ones happen.
      const left = quits(fleet, old).then(() => entrance.remove(old));
      left.catch(() => undefined); // said by `end`
      leaving.push(left);
      return 'a gateway quits';
    },
    async (random) => {
      await some(random).reload();
      return 'a gateway reloads';
    },
    (random) => {
      signalServer(some(random), 'SIGKILL');
      return Promise.resolve('a plugin server is killed');
    },
    async (random) => {
      const gateway = some(random);
      signalServer(gateway, 'SIGSTOP');
      await away(random);
      signalServer(gateway, 'SIGCONT');
      return 'a plugin server hangs';
    },
  ];
}

/** Rejects with `GATEWAY_STAYED` if it had to be killed. */
async function quits(fleet: Fleet, gateway: Gateway): Promise<void> {
  const startMs = performance.now();
  await fleet.removeGateway(gateway, 'quit');
  if (performance.now() - startMs >= QUIT_MS) {
    throw new DrainError('GATEWAY_STAYED', `${gateway.name} did not quit: see ${gateway.logFile}`);
  }
}

function redisActs({ redis, relay }: Ground): Act[] {
  return [
    async (random) => {
      const { port, logFile } = redis.current;
      await redis.current.stop({ signal: 'SIGKILL' });
      await away(random);
      // It keeps nothing: the registry begins anew.
      redis.current = await startRedis({ port, dir: path.dirname(logFile) });
      return 'Redis is killed and comes back empty';
    },
    async (random) => {
      redis.current.signal('SIGSTOP');
      await away(random);
      redis.current.signal('SIGCONT');
      return 'Redis hangs';
    },
    async (random) => {
      relay.block();
      await away(random);
      relay.open();
      return 'the gateways alone lose Redis';
    },
  ];
}
