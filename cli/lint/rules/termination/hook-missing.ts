import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { hook, rtFile, runtime, sidecar } from '../examples';
import { mainContainer, runtimes } from '../workloads';

export const hookMissing: Rule = {
  id: 'hook-missing',
  severity: 'error',
  title: 'No preStop hook',
  why: 'A pod is told to stop while its removal from the endpoints is still under way, so without a hook that waits requests go on arriving at a process that ends.',
  source: KUBERNETES.podLifecycle,
  more: 'A pod that kong-drain injects (annotation `kong-drain.dev/pool`) needs none of its own.',
  bad: rtFile(runtime({})),
  good: rtFile(runtime({ pod: sidecar(), container: hook })),
  check: (model) =>
    runtimes(model).flatMap((workload) => {
      const container = mainContainer(workload);
      const { kind } = workload.pod.drain;
      if (container === undefined || container.preStop !== undefined || kind !== 'none') return [];
      return [
        {
          at: container.at,
          what: `${workload.title}: container ${container.name} has no preStop hook`,
          changes: [
            set(container.at.at('lifecycle'), {
              preStop: { httpGet: { path: '/drain', port: 8081 } },
            }),
          ],
        },
      ];
    }),
};
