import { set } from '../../fix/change';
import { isEmptySelector, readSelector } from '../../kubernetes/selectors';
import type { Model } from '../../model';
import type { Problem, Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile } from '../examples';

const pdb = (version: string): string => `apiVersion: ${version}
kind: PodDisruptionBudget
metadata:
  name: rt
spec:
  maxUnavailable: 1
  selector:
    matchLabels: { app: rt }
`;

/** Removed version → what follows it, and since when. */
const REMOVED: Readonly<Record<string, { readonly now: string; readonly since: string }>> = {
  'policy/v1beta1': { now: 'policy/v1', since: '1.25' },
  'autoscaling/v2beta1': { now: 'autoscaling/v2', since: '1.25' },
  'autoscaling/v2beta2': { now: 'autoscaling/v2', since: '1.26' },
};

export const removedApi: Rule = {
  id: 'removed-api',
  severity: 'error',
  title: 'An API version that Kubernetes no longer has',
  why: 'A manifest of a removed API version is refused, so that the budget or autoscaler it means to make does not exist.',
  source: KUBERNETES.deprecations,
  fixes:
    'for PodDisruptionBudgets with a selector, and for autoscaling/v2beta2, whose fields are unchanged',
  bad: rtFile(pdb('policy/v1beta1')),
  good: rtFile(pdb('policy/v1')),
  check: ({ budgets, autoscalers }: Model) =>
    [
      ...budgets.map((budget) => ({ ...budget, kind: 'PodDisruptionBudget' })),
      ...autoscalers.map((autoscaler) => ({ ...autoscaler, kind: 'HorizontalPodAutoscaler' })),
    ].flatMap(({ kind, name, apiVersion, at }): Problem[] => {
      const removed = REMOVED[apiVersion.value ?? ''];
      if (removed === undefined) return [];
      const same =
        kind === 'PodDisruptionBudget'
          ? !isEmptySelector(readSelector(at.at('spec', 'selector')))
          : apiVersion.value === 'autoscaling/v2beta2';
      return [
        {
          at: apiVersion.at,
          what: `${kind} ${name}: ${apiVersion.value ?? ''} is gone since Kubernetes ${removed.since}`,
          changes: [set(apiVersion.at, removed.now)],
          certain: same,
        },
      ];
    }),
};
