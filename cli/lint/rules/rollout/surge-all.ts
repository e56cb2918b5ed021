import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { countOf, fewestPods, serving } from '../workloads';

export const rolloutSurgeAll: Rule = {
  id: 'rollout-surge-all',
  severity: 'info',
  title: 'A rollout may replace every pod at once',
  why: 'With maxSurge as high as the number of pods all new pods start together, and then all old ones end together with every upload they hold.',
  source: KUBERNETES.deployments,
  bad: rtFile(runtime({ spec: 'strategy:\n  rollingUpdate: { maxUnavailable: 0, maxSurge: 2 }' })),
  good: rtFile(runtime({ spec: 'strategy:\n  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }' })),
  check: (model) =>
    serving(model).flatMap((workload) => {
      const { kind, title, strategy } = workload;
      const pods = fewestPods(workload);
      const surge = countOf(strategy.maxSurge.value, pods, Math.ceil) ?? 1;
      if (kind !== 'Deployment' || pods < 2 || surge < pods) return [];
      return [
        {
          at: strategy.maxSurge.at,
          what: `${title}: maxSurge ${strategy.maxSurge.value ?? ''} replaces all ${pods} pods at once`,
          changes: [set(strategy.maxSurge.at, 1)],
        },
      ];
    }),
};
