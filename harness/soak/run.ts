/**
 * Owns one soak: a fleet behind one entrance, load, rollouts in a row, mishaps beside them, the report.
 * Invariant: the load begins before the first mishap and ends after the last, and nothing that befell a part is left so.
 */
import path from 'node:path';
import { DrainError, messageOf } from '../../core/errors';
import { seededRandom } from '../../core/random';
import { startClientMachine } from '../client-machine';
import { startFleet } from '../fleet';
import { freePort } from '../free-port';
import { gatewayVersion } from '../gateway/version';
import type { HarnessRedis } from '../redis';
import { startRedisRelay } from '../redis-relay';
import { roll } from '../rollout';
import { createRunDir, removeRunDir } from '../run-dir';
import type { Fleet } from '../running-fleet';
import { sleep, waitFor } from '../wait';
import { startEntrance } from './entrance';
import { startMishaps } from './mishaps';
import type { SoakOptions } from './options';
import { faults, soakReport, type SoakReport } from './report';
import { inFlightAtTheEnd } from './settled';
import type { Stopped } from './verdict';

/** Places for gateways that are still on their way out. */
const LEAVING_AT_ONCE = 12;
const [PAUSE_MIN_MS, PAUSE_MAX_MS] = [500, 3000];
const [GRACE_MIN_S, GRACE_MAX_S] = [15, 300];

/** Runs to the end. Rejects with `RUN_FAILED`, naming the logs, if a part did not come up or back. */
export async function soak(
  options: SoakOptions,
  say: (text: string) => void,
): Promise<{ readonly report: SoakReport; readonly logDir?: string }> {
  const { seed, pods, gateways, getRate, postRate, uploads, uploadMb, uploadRate } = options;
  const dir = createRunDir('soak');
  const redisPort = await freePort();
  const relay = await startRedisRelay(redisPort);
  // In the order in which they are called.
  const ends: (() => Promise<unknown>)[] = [() => relay.close()];
  let keepsDir = true;
  try {
    const fleet = await startFleet({
      ...{ mode: 'drain', pods, gateways, seed, dir, redisPort },
      graceSeconds: (podNumber) => graceSeconds(seed, podNumber),
      gatewayEnv: { DRAIN_REDIS_URL: relay.url },
    });
    ends.unshift(() => fleet.stop());
    const redis = { current: fleet.redis as HarnessRedis };
    ends.unshift(() => redis.current.stop());
    const entrance = await startEntrance(path.join(dir, 'entrance'), gateways + LEAVING_AT_ONCE);
    ends.unshift(() => entrance.kill());
    for (const gateway of fleet.gateways) await entrance.add(gateway);

    const load = await startClientMachine({
      ...{ urls: [entrance.url], seed, getRate, postRate, uploads, uploadMb, uploadRate },
      journals: () => fleet.allPods().map(({ journalFile }) => journalFile),
    });
    ends.unshift(() => load.stop());
    load.on('failure', ({ sort, kind }) => say(`a client's ${sort} failed: ${kind}`));
    await waitFor('the load', () => load.snapshot().requests > getRate);

    const mishaps = startMishaps({ fleet, redis, entrance, relay, say }, seed);
    ends.unshift(() => mishaps.end().catch(() => undefined));
    const stopped = await rollAgain(fleet, options, say);
    await mishaps.end();
    const result = await load.stop();
    const leftInFlight = await inFlightAtTheEnd(fleet);
    const gateway = await gatewayVersion();
    const { record } = mishaps;
    const report = soakReport({
      ...{ gateway, options, leftInFlight, result, stopped, mishaps: record },
    });
    keepsDir = faults(report).length > 0;
    return { report, ...(keepsDir ? { logDir: dir } : {}) };
  } catch (cause) {
    throw new DrainError('RUN_FAILED', `${messageOf(cause)} (logs: ${dir})`, { cause });
  } finally {
    for (const end of ends) await end();
    if (!keepsDir) removeRunDir(dir);
  }
}

/** By the seed. */
function graceSeconds(seed: number, podNumber: number): number {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ podNumber);
  return GRACE_MIN_S + Math.floor(random() * (GRACE_MAX_S - GRACE_MIN_S + 1));
}

async function rollAgain(
  fleet: Fleet,
  { rollouts, seed }: SoakOptions,
  say: (text: string) => void,
): Promise<Stopped[]> {
  const random = seededRandom(seed + 2);
  const stopped: Stopped[] = [];
  const deletePod: Fleet['deletePod'] = async (pod) => {
    const startedMs = Date.now();
    const deletion = await fleet.deletePod(pod);
    const fromMs = startedMs + (deletion.hook?.ms ?? 0);
    stopped.push({ deletion, fromMs, untilMs: Date.now() });
    return deletion;
  };
  for (let done = 1; done <= rollouts; done++) {
    await sleep(PAUSE_MIN_MS + random() * (PAUSE_MAX_MS - PAUSE_MIN_MS));
    const { totalMs, deletions } = await roll({
      pods: () => fleet.pods(),
      addPod: () => fleet.addPod(),
      deletePod,
    });
    const longest = Math.max(...deletions.map((deletion) => deletion.totalMs));
    say(
      `rollout ${done} of ${rollouts}: ${totalMs.toFixed(0)} ms, its longest deletion ${longest.toFixed(0)} ms`,
    );
  }
  return stopped;
}
