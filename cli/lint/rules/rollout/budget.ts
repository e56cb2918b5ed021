import { replace } from '../../fix/change';
import { isEmptySelector } from '../../kubernetes/selectors';
import type { Budget, Model, Workload } from '../../model';
import type { Problem, Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { documents, rtFile, runtime } from '../examples';
import { countOf, fewestPods } from '../workloads';
import { budget } from './budget-missing';

export const budgetBlocks: Rule = {
  id: 'pdb-blocks-evictions',
  severity: 'error',
  title: 'A PodDisruptionBudget that allows no eviction',
  why: 'A budget that allows no disruption makes every node drain wait, until an upgrade gives up on it and kills the pods without one.',
  source: KUBERNETES.budgets,
  fixes: 'always: maxUnavailable becomes 1',
  bad: rtFile(documents(runtime({ replicas: 2 }), budget('minAvailable: 2'))),
  good: rtFile(documents(runtime({ replicas: 2 }), budget('maxUnavailable: 1'))),
  check: ({ budgets, workloads }: Model) =>
    budgets.flatMap((one): Problem[] => {
      const pods = workloads
        .filter((workload) => workload.budgets.includes(one))
        .reduce((sum, workload) => sum + fewestPods(workload), 0);
      const told = blocks(one, pods);
      if (told === undefined) return [];
      const { at } = one.maxUnavailable.value === undefined ? one.minAvailable : one.maxUnavailable;
      return [
        {
          at,
          what: `PodDisruptionBudget ${one.name}: ${told}`,
          changes: [replace(at, 'maxUnavailable', 1)],
          certain: true,
        },
      ];
    }),
};

/** Why it blocks; undefined if it does not. `pods` 0: its pods are not among the inputs. */
function blocks({ minAvailable, maxUnavailable }: Budget, pods: number): string | undefined {
  const { value: most } = maxUnavailable;
  if (most === 0 || most === '0%') return `maxUnavailable ${most} allows no eviction`;
  const { value: least } = minAvailable;
  if (least === '100%') return 'minAvailable 100% allows no eviction';
  const needed = countOf(least, pods, Math.ceil);
  if (pods === 0 || needed === undefined || needed < pods) return undefined;
  return `minAvailable ${least ?? ''} of ${pods} pods allows no eviction`;
}

export const budgetOverlap: Rule = {
  id: 'pdb-overlap',
  severity: 'error',
  title: 'Two PodDisruptionBudgets for one pod',
  why: 'The eviction of a pod that more than one budget selects always fails, with the status 500.',
  source: KUBERNETES.eviction,
  bad: rtFile(
    documents(
      runtime({}),
      budget('maxUnavailable: 1'),
      budget('minAvailable: 1').replace('name: rt\n', 'name: rt-old\n'),
    ),
  ),
  good: rtFile(documents(runtime({}), budget('maxUnavailable: 1'))),
  check: ({ workloads }: Model) =>
    workloads.flatMap(({ title, budgets }: Workload): Problem[] => {
      const [first, ...others] = budgets;
      return others.map((other) => ({
        at: other.at,
        what: `PodDisruptionBudget ${other.name} selects the pods of ${title}, as ${first?.name ?? ''} does`,
        snippet: `# one budget alone: delete PodDisruptionBudget ${other.name}`,
      }));
    }),
};

export const budgetMatchesNothing: Rule = {
  id: 'pdb-matches-nothing',
  severity: 'warning',
  title: 'A PodDisruptionBudget that selects no pod',
  why: 'A budget protects only pods that carry the labels of its selector, in its own namespace.',
  source: KUBERNETES.budgets,
  more: 'It is looked for only where a workload of the same namespace is among the files.',
  bad: rtFile(
    documents(runtime({}), budget('maxUnavailable: 1').replace('app: rt', 'app: runtime')),
  ),
  good: rtFile(documents(runtime({}), budget('maxUnavailable: 1'))),
  check: ({ budgets, workloads }: Model) =>
    budgets
      .filter(
        (one) =>
          !isEmptySelector(one.selector) &&
          workloads.some(({ namespace }) => namespace === one.namespace) &&
          !workloads.some((workload) => workload.budgets.includes(one)),
      )
      .map(({ name, namespace, at }) => {
        const near = workloads.find((workload) => workload.namespace === namespace);
        const labels = Object.entries(near?.podLabels ?? {}).slice(0, 3);
        return {
          at: at.at('spec', 'selector'),
          what: `PodDisruptionBudget ${name}: no pod of these files has its labels`,
          snippet: `selector:\n  matchLabels:\n${labels.map(([key, value]) => `    ${key}: ${value}`).join('\n')}`,
        };
      }),
};
