import type { V1Pod } from '@kubernetes/client-node';
import { waitFor } from '../../harness/wait';
import { allPods, ended, nameOf, scale, steady } from './support/example';
import { figure } from './support/figures';
import { holdOpen, type Held } from './support/held-open';
import { countsOf, expectNothingLost, underLoad } from './support/load';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
/** At each pod to be kept: more than the load ever has at an idle one by chance. */
const BUSY_WITH = 5;
const HELD_MAX = 60;

const costOf = ({ metadata }: V1Pod): number => Number(metadata?.annotations?.[COST] ?? 0);
const names = (pods: readonly V1Pod[]): string[] => pods.map(nameOf).sort();

afterAll(async () => {
  await scale(2);
  await steady(2);
});

/** Keeps the pods busy, and lets go of what went elsewhere. */
async function occupy(busy: readonly V1Pod[], all: readonly V1Pod[]): Promise<Held[]> {
  const held: Held[] = [];
  const at = (pod: V1Pod): Held[] => held.filter((one) => one.pod === nameOf(pod));
  while (held.length < HELD_MAX && busy.some((pod) => at(pod).length < BUSY_WITH)) {
    held.push(await holdOpen(all));
  }
  const kept = busy.flatMap(at);
  await Promise.all(held.filter((one) => !kept.includes(one)).map((one) => one.close()));
  return kept;
}

test('scale-in from 4 to 2 takes the idle pods, though they are the older ones', async () => {
  const older = await steady(2);
  await scale(4);
  const all = await steady(4);
  const newer = all.filter((pod) => !names(older).includes(nameOf(pod)));
  const held = await occupy(newer, all);

  const result = await underLoad(async () => {
    const told = async (): Promise<number[] | undefined> => {
      const costs = new Map((await allPods()).map((pod) => [nameOf(pod), costOf(pod)]));
      const of = (pods: readonly V1Pod[]) => pods.map((pod) => costs.get(nameOf(pod)) ?? 0);
      const [idle, busy] = [of(older), of(newer)];
      return Math.max(...idle) < Math.min(...busy) ? [...idle, ...busy] : undefined;
    };
    const costs = await waitFor('the deletion costs', told, { timeoutMs: 60_000, everyMs: 500 });
    figure('scale-in', { 'deletion costs (idle, idle, busy, busy)': costs.join(' ') });
    await scale(2);
    const endings = await Promise.all(older.map((pod) => ended(pod)));
    expect(endings.map(({ reason }) => reason)).toEqual(['DrainReleased', 'DrainReleased']);
    expect(names(await steady(2))).toEqual(names(newer));
    expect(held.filter((one) => !one.isOpen())).toEqual([]);
  });
  await Promise.all(held.map((one) => one.close()));
  figure('scale-in', { ...countsOf(result), 'held open': held.length });
  expectNothingLost(result);
});
