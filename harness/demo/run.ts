/**
 * Owns one run: a fleet, its load, its rollouts, its figures.
 * Invariant: the load begins before the first rollout and ends after the last, and no upload is given up.
 */
import { DrainError, messageOf } from '../../core/errors';
import { startChain, type Chain } from '../chain/chain';
import type { FleetMode } from '../fleet-options';
import { startFleet } from '../fleet';
import { startClientMachine } from '../client-machine';
import type { Load } from '../../load/load';
import type { Fleet } from '../running-fleet';
import type { Audience } from './audience';
import { drainFigures } from './drain-figures';
import type { DemoOptions } from './options';
import { runReport } from './report';
import { rollUnderLoad } from './rounds';
import { openStage } from './stage';
import type { TableRun } from './table';
import { lostAnything } from './verdict';

const TITLES: Readonly<Record<FleetMode, string>> = {
  plain: 'PLAIN ROLLOUT (as most run it today)',
  drain: 'ACKNOWLEDGED DRAIN',
};
/** Their 50 MB need 25 s, longer than a restart waits. */
const SLOW_CLIENTS = { slowShare: 0.25, slowRate: 2_000_000 };

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
  let chain: Chain | undefined;
  let load: Load | undefined;
  let keepDir = true;
  try {
    chain = options.chain ? await startChain(fleet) : undefined;
    const flowing = (load = await startDemoLoad(fleet, chain, options));
    stage.watchLoad(() => flowing.snapshot());
    load.on('failure', ({ sort, kind }) => stage.say(`a client's ${sort} failed: ${kind}`));
    const scene = { fleet, chain, load, say: (text: string) => stage.say(text) };
    const deletions = await rollUnderLoad(scene, options, () => (rollouts += 1));
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
    await stage.close().finally(async () => {
      await chain?.stop();
      await fleet.stop({ keepDir });
    });
    // Where the run failed the load still runs, against nothing now, so it ends at once.
    await load?.stop();
  }
}

function startDemoLoad(
  fleet: Fleet,
  chain: Chain | undefined,
  options: DemoOptions,
): Promise<Load> {
  const { getRate, postRate, uploads, uploadMb, uploadRate, seed, https } = options;
  return startClientMachine({
    ...{ getRate, postRate, uploads, uploadMb, uploadRate, seed },
    ...(chain
      ? { urls: [chain.url], insecure: true, ...SLOW_CLIENTS }
      : {
          urls: fleet.gateways.map(({ proxyUrl, tlsUrl }) => (https ? tlsUrl : proxyUrl)),
          insecure: https,
        }),
    journals: () => fleet.allPods().map(({ journalFile }) => journalFile),
  });
}
