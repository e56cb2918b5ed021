import { set } from '../../fix/change';
import type { Model, Workload } from '../../model';
import type { Problem, Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { countOf, fewestPods, serving } from '../workloads';

/** A rollout that removes pods before their successors serve. Kubernetes' default is 25 %, rounded down. */
export const rolloutMaxUnavailable: Rule = {
  id: 'rollout-max-unavailable',
  severity: 'error',
  title: 'A rollout takes pods away before their successors serve',
  why: 'With maxUnavailable above 0 old pods are ended before new ones are ready, so that the rest carry all requests or none is left.',
  source: KUBERNETES.deployments,
  fixes: 'always: maxUnavailable becomes 0, and maxSurge 1 where it would be 0 too',
  bad: rtFile(runtime({ spec: 'strategy:\n  rollingUpdate: { maxUnavailable: 1, maxSurge: 2 }' })),
  good: rtFile(runtime({ spec: 'strategy:\n  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }' })),
  check: (model: Model) =>
    serving(model)
      .filter(({ kind, strategy }) => kind === 'Deployment' && strategy.type.value !== 'Recreate')
      .flatMap((workload) => problem(workload)),
};

function problem(workload: Workload): Problem[] {
  const { title, strategy } = workload;
  const { maxUnavailable, maxSurge } = strategy;
  const pods = fewestPods(workload);
  const given = maxUnavailable.value ?? '25%';
  const lost = countOf(given, pods, Math.floor) ?? 0;
  if (lost === 0) return [];
  const surge = countOf(maxSurge.value ?? '25%', pods, Math.ceil) ?? 1;
  return [
    {
      at: maxUnavailable.at,
      what: `${title}: maxUnavailable ${maxUnavailable.value === undefined ? 'is not given, so 25%' : given} lets a rollout take ${lost} of ${pods} pods away at once`,
      changes: [set(maxUnavailable.at, 0), ...(surge === 0 ? [set(maxSurge.at, 1)] : [])],
      certain: true,
    },
  ];
}
