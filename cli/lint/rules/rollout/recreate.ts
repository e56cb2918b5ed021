import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { serving } from '../workloads';

export const rolloutRecreate: Rule = {
  id: 'rollout-recreate',
  severity: 'error',
  title: 'A rollout ends all pods before it starts new ones',
  why: 'With the strategy Recreate every old pod is killed before a new one is created: a downtime with each rollout.',
  source: KUBERNETES.deployments,
  bad: rtFile(runtime({ spec: 'strategy: { type: Recreate }' })),
  good: rtFile(runtime({ spec: 'strategy: { type: RollingUpdate }' })),
  check: (model) =>
    serving(model)
      .filter(({ strategy }) => strategy.type.value === 'Recreate')
      .map(({ title, strategy }) => ({
        at: strategy.type.at,
        what: `${title}: the strategy is Recreate`,
        changes: [
          set(strategy.at, {
            type: 'RollingUpdate',
            rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
          }),
        ],
      })),
};
