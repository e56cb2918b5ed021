import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { startupSeconds } from '../../settings';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { mainContainer, serving } from '../workloads';

export const rolloutProgressDeadline: Rule = {
  id: 'rollout-progress-deadline',
  severity: 'warning',
  title: 'A rollout counts as failed before a slow pod can be ready',
  why: 'When progressDeadlineSeconds is over without a new ready pod the rollout is reported as failed, and tools that watch it roll back.',
  source: KUBERNETES.deployments,
  bad: rtFile(
    runtime({
      spec: 'progressDeadlineSeconds: 30',
      container:
        'startupProbe:\n  httpGet: { path: /health, port: 8080 }\n  periodSeconds: 2\n  failureThreshold: 60',
    }),
  ),
  good: rtFile(
    runtime({
      spec: 'progressDeadlineSeconds: 180',
      container:
        'startupProbe:\n  httpGet: { path: /health, port: 8080 }\n  periodSeconds: 2\n  failureThreshold: 60',
    }),
  ),
  fixes: 'always: the deadline becomes the start-up time and a minute',
  check: (model) =>
    serving(model).flatMap((workload) => {
      const at = workload.at.at('spec', 'progressDeadlineSeconds');
      const deadline = at.number() ?? 600;
      const probe = mainContainer(workload)?.startup;
      const allowed =
        probe === undefined
          ? 0
          : (probe.initialDelay.value ?? 0) +
            (probe.period.value ?? 10) * (probe.failures.value ?? 3);
      const needed = Math.max(allowed, startupSeconds(workload) ?? 0);
      if (workload.kind !== 'Deployment' || needed < deadline) return [];
      return [
        {
          at,
          what: `${workload.title}: the rollout fails after ${deadline} s, but a pod may take ${needed} s to start`,
          changes: [set(at, needed + 60)],
          certain: true,
        },
      ];
    }),
};
