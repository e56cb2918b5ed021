import type { V1Pod } from '@kubernetes/client-node';
import {
  allPods,
  ended,
  isReady,
  rollOut,
  secondsOf,
  steady,
  type Ending,
} from './support/example';
import { stage } from './support/facts';
import { figure, spread } from './support/figures';
import { countsOf, expectNothingLost, throughService, underLoad } from './support/load';
import { drainNode, uncordon } from './support/nodes';
import { readSettings } from './support/settings';
import { sleep } from '../../harness/wait';

const { nodes } = stage();
const inTheCluster = 'image' in readSettings(process.env).kong;
const canLeave = nodes.length >= 2;
const TEST_MS = 480_000;

if (!canLeave) {
  console.log(
    'There is no second node that takes pods: no node is drained, which does not count as passed',
  );
}

const homeOf = ({ spec }: V1Pod): string => spec?.nodeName ?? '';
const homesOf = (pods: readonly V1Pod[]): string[] => [...new Set(pods.map(homeOf))];

/** Runs `act`; gives the fewest runtimes that were ready, and not on their way out, at a time. */
async function fewestReady(act: () => Promise<void>): Promise<number> {
  let fewest = Infinity;
  let over = false;
  const look = async (): Promise<void> => {
    while (!over) {
      const pods = await allPods().catch(() => undefined); // the next look comes soon
      if (pods) fewest = Math.min(fewest, pods.filter(isReady).length);
      await sleep(100);
    }
  };
  const looking = look();
  try {
    await act();
  } finally {
    over = true;
    await looking;
  }
  return fewest;
}

afterAll(() => (canLeave ? Promise.all(nodes.map(uncordon)) : undefined));

(canLeave ? test : test.skip)(
  'two nodes are drained in turn, as for an upgrade: nothing is lost, and their runtimes go one at a time',
  async () => {
    if (homesOf(await steady(2)).length < 2) await rollOut();
    const homes = homesOf(await steady(2));
    expect(homes).toHaveLength(2);
    const endings: Ending[] = [];
    const options = inTheCluster ? await throughService() : {};
    const result = await underLoad(async () => {
      for (const [turn, node] of homes.entries()) {
        const old = (await allPods()).filter((pod) => homeOf(pod) === node);
        // The first node's runtime went to the second one.
        expect(old).toHaveLength(turn + 1);
        const startMs = Date.now();
        const fewest = await fewestReady(() => drainNode(node));
        figure('node drain', {
          [`node ${turn + 1} empty after s`]: Math.round((Date.now() - startMs) / 1000),
        });
        expect(fewest).toBeGreaterThanOrEqual(1);
        expect((await allPods()).map(homeOf)).not.toContain(node);
        endings.push(...(await Promise.all(old.map((pod) => ended(pod)))));
        await steady(2);
        await uncordon(node);
      }
    }, options);
    figure('node drain', {
      ...countsOf(result),
      'drain max s': spread(endings.map(secondsOf)).max,
    });
    expectNothingLost(result);
    expect(endings.map(({ reason }) => reason)).toEqual(endings.map(() => 'DrainReleased'));
  },
  TEST_MS,
);
