/**
 * Owns one run: a fleet, its load, its rollouts, its figures.
 * Invariant: the load begins before the first rollout and ends after the last, and no upload is given up.
 */
import { DrainError, messageOf } from '../../core/errors';
import type { FleetMode } from '../fleet-options';
import { startFleet } from '../fleet';
import { startClientMachine } from '../client-machine';
import type { Load } from '../../load/load';
import type { Deletion } from '../kubelet';
import { roll } from '../rollout';
import type { Fleet } from '../running-fleet';
import { sleep, waitFor } from '../wait';
import type { Audience } from './audience';
import { drainFigures } from './drain-figures';
import type { DemoOptions } from './options';
import { runReport } from './report';
import { openStage } from './stage';
import type { TableRun } from './table';
import { hasBothLosses, lostAnything } from './verdict';
import { deletedAtWorst, worstMoment } from './worst-moment';

const TITLES: Readonly<Record<FleetMode, string>> = {
  plain: 'PLAIN ROLLOUT (as most run it today)',
  drain: 'ACKNOWLEDGED DRAIN',
};
const BETWEEN_ROLLOUTS_MS = 2000;
/** The plain run goes on at most so many rollouts, and begins none so long after its planned ones. */
const EXTRA_ROLLOUTS = 10;
const EXTRA_MS = 60_000;

/** Makes one run and shows it. Rejects if the fleet does not come up. */
export async function run(
  mode: FleetMode,
  options: DemoOptions,
  audience: Audience,
): Promise<TableRun> {
  const { pods, gateways, https, unbuffered, retries, seed } = options;
  const fleet = await startFleet({
    ...{ mode, pods, gateways, https, unbuffered, seed },
    ...(retries === undefined ? {} : { retries }),
  });
  let rollouts = 0;
  const stage = openStage(
    fleet,
    audience,
    () => `${TITLES[mode]}  ${rollouts} of ${Math.max(rollouts, options.rollouts)} rollouts done`,
  );
  let load: Load | undefined;
  let keepDir = true;
  try {
    const flowing = (load = await startDemoLoad(fleet, options));
    stage.watchLoad(() => flowing.snapshot());
    load.on('failure', ({ sort, kind }) => stage.say(`a client's ${sort} failed: ${kind}`));
    const deletions = await rollUnderLoad(mode, options, fleet, load, () => (rollouts += 1));
    stage.say('rollouts done; the last uploads end');
    const result = await load.stop();
    keepDir = mode === 'drain' && lostAnything(result);
    const drains = deletions.flatMap((deletion) => drainFigures(deletion) ?? []);
    return {
      report: runReport(result, rollouts, drains),
      goneMs: deletions.map(({ totalMs }) => totalMs),
      ...(keepDir ? { logDir: fleet.dir } : {}),
    };
  } catch (cause) {
    throw new DrainError('RUN_FAILED', `${messageOf(cause)} (logs: ${fleet.dir})`, { cause });
  } finally {
    await stage.close().finally(() => fleet.stop({ keepDir }));
    // Where the run failed the load still runs, against nothing now, so it ends at once.
    await load?.stop();
  }
}

function startDemoLoad(fleet: Fleet, options: DemoOptions): Promise<Load> {
  const { getRate, postRate, uploads, uploadMb, uploadRate, seed, https } = options;
  return startClientMachine({
    ...{ getRate, postRate, uploads, uploadMb, uploadRate, seed },
    urls: fleet.gateways.map(({ proxyUrl, tlsUrl }) => (https ? tlsUrl : proxyUrl)),
    insecure: https,
    journals: () => fleet.allPods().map(({ journalFile }) => journalFile),
  });
}

async function rollUnderLoad(
  mode: FleetMode,
  options: DemoOptions,
  fleet: Fleet,
  load: Load,
  onRollout: () => void,
): Promise<Deletion[]> {
  await waitFor('the load to flow', () => load.snapshot().requests >= options.getRate);
  const deletions: Deletion[] = [];
  const rollOnce = async (moment: ReturnType<typeof worstMoment>): Promise<void> => {
    await sleep(BETWEEN_ROLLOUTS_MS);
    const rollout = await roll(deletedAtWorst(fleet, moment));
    deletions.push(...rollout.deletions);
    onRollout();
  };

  const moment = worstMoment(waitBudgetMs(options));
  for (let done = 0; done < options.rollouts; done++) await rollOnce(moment);
  await sleep(BETWEEN_ROLLOUTS_MS);
  if (mode === 'plain') {
    const endMs = performance.now() + EXTRA_MS;
    for (let extra = 0; extra < EXTRA_ROLLOUTS && performance.now() < endMs; extra++) {
      if (hasBothLosses(load.snapshot())) break;
      await rollOnce(worstMoment(waitBudgetMs(options)));
    }
  }
  return deletions;
}

/** Long enough for every upload under way to reach its pod: the gateway passes a buffered one on only at its end. */
function waitBudgetMs({ uploadMb, uploadRate }: DemoOptions): number {
  return 8000 + (uploadRate > 0 ? (uploadMb * 1e9) / uploadRate : 0);
}
