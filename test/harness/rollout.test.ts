/** A Deployment's arithmetic: never fewer ready pods than wanted, never more than one above. */
import type { Deletion } from '../../harness/kubelet';
import type { Pod } from '../../harness/pod';
import { roll } from '../../harness/rollout';

test('a new pod is ready before each deletion, and a slow deletion delays no new pod', async () => {
  const living = ['old-1', 'old-2', 'old-3'].map((name) => ({ name }) as Pod);
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const fleet = {
    pods: () => [...living],
    addPod: async () => {
      const pod = { name: `new-${log.length}` } as Pod;
      living.push(pod);
      log.push(`add ${living.length}`);
      return pod;
    },
    deletePod: async (pod: Pod) => {
      living.splice(living.indexOf(pod), 1);
      log.push(`delete ${pod.name} ${living.length}`);
      await new Promise<void>((resolve) => ends.push(resolve));
      return { pod: pod.name } as Deletion;
    },
  };
  const rolling = roll(fleet);
  while (ends.length < 3) await new Promise(setImmediate);
  expect(log).toEqual([
    'add 4',
    'delete old-1 3',
    'add 4',
    'delete old-2 3',
    'add 4',
    'delete old-3 3',
  ]);
  ends.forEach((end) => end());
  expect((await rolling).deletions.map(({ pod }) => pod)).toEqual(['old-1', 'old-2', 'old-3']);
});
