import { stringify } from 'yaml';
import type { Model, Workload } from '../../model';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { documents, rtFile, runtime } from '../examples';
import { fewestPods, serving } from '../workloads';

export const budget = (limit: string): string => `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: rt
spec:
  ${limit}
  selector:
    matchLabels: { app: rt }
`;

export const budgetMissing: Rule = {
  id: 'pdb-missing',
  severity: 'error',
  title: 'No PodDisruptionBudget',
  why: 'Without a budget a node upgrade may evict every pod at the same time; a rolling update is bounded by maxUnavailable, an eviction is not.',
  source: KUBERNETES.budgets,
  bad: rtFile(runtime({})),
  good: rtFile(documents(runtime({}), budget('maxUnavailable: 1'))),
  check: (model: Model) =>
    serving(model)
      .filter(({ kind, budgets }) => budgets.length === 0 && kind !== 'DaemonSet' && kind !== 'Pod')
      .filter((workload) => fewestPods(workload) > 1)
      .map((workload) => ({
        at: workload.at,
        what: `${workload.title}: no PodDisruptionBudget selects its pods`,
        snippet: snippet(workload),
      })),
};

function snippet({ name, namespace, at, podLabels }: Workload): string {
  const matchLabels = at.at('spec', 'selector', 'matchLabels').strings();
  const metadata = namespace === 'default' ? { name } : { name, namespace };
  const labels = Object.keys(matchLabels).length > 0 ? matchLabels : { ...podLabels };
  return stringify({
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  }).trimEnd();
}
