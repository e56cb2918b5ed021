/**
 * Owns the rollouts of one run: the pods', or those of the whole chain, layer by layer.
 * Invariant: only the plain run goes beyond its rollouts, and only until it has lost what it must be seen to lose.
 */
import type { Chain } from '../chain/chain';
import { rollLayer } from '../chain/roll';
import type { Deletion } from '../kubelet';
import type { Load } from '../../load/load';
import { roll } from '../rollout';
import type { Fleet } from '../running-fleet';
import { sleep, waitFor } from '../wait';
import type { DemoOptions } from './options';
import { proofOf, proves } from './verdict';
import { deletedAtWorst, worstMoment, type WorstMoment } from './worst-moment';

export interface Rolled {
  readonly fleet: Fleet;
  readonly chain: Chain | undefined;
  readonly load: Load;
  readonly say: (text: string) => void;
}

const BETWEEN_ROLLOUTS_MS = 2000;
/** The plain run goes on at most so many rollouts, and begins none so long after its planned ones. */
const EXTRA_ROLLOUTS = 10;
const EXTRA_MS = 60_000;

/** Rolls as the options say, from the moment the load flows. Resolves with the deletions of pods. */
export async function rollUnderLoad(
  { fleet, chain, load, say }: Rolled,
  options: DemoOptions,
  onRollout: () => void,
): Promise<Deletion[]> {
  await waitFor('the load to flow', () => load.snapshot().requests >= options.getRate);
  const deletions: Deletion[] = [];
  const rollPods = async (moment: WorstMoment): Promise<void> => {
    const rollout = await roll(deletedAtWorst(fleet, moment));
    deletions.push(...rollout.deletions);
  };
  const rollOnce = async (moment: WorstMoment): Promise<void> => {
    for (const layer of layersOf(options)) {
      await sleep(BETWEEN_ROLLOUTS_MS);
      if (chain && layer !== 'd') await rollLayer(chain, layer, { say });
      else await rollPods(moment);
    }
    onRollout();
  };

  const moment = worstMoment(waitBudgetMs(options));
  for (let done = 0; done < options.rollouts; done++) await rollOnce(moment);
  await sleep(BETWEEN_ROLLOUTS_MS);
  if (fleet.options.mode === 'plain') {
    const endMs = performance.now() + EXTRA_MS;
    for (let extra = 0; extra < EXTRA_ROLLOUTS && performance.now() < endMs; extra++) {
      if (proves(load.snapshot(), proofOf(options))) break;
      await rollOnce(worstMoment(waitBudgetMs(options)));
    }
  }
  return deletions;
}

function layersOf({ chain, roll = 'd' }: DemoOptions): readonly ('a' | 'b' | 'c' | 'd')[] {
  if (!chain) return ['d'];
  return roll === 'all' ? ['a', 'b', 'c', 'd'] : [roll];
}

/** Long enough for every upload under way to reach its pod: the gateway passes a buffered one on only at its end. */
function waitBudgetMs({ uploadMb, uploadRate }: DemoOptions): number {
  return 8000 + (uploadRate > 0 ? (uploadMb * 1e9) / uploadRate : 0);
}
