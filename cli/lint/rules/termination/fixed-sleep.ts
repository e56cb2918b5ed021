import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { SEEN } from '../../sources-of-facts';
import { hook, rtFile, runtime, sidecar } from '../examples';
import { ownContainers, runtimes } from '../workloads';

export const hookFixedSleep: Rule = {
  id: 'hook-fixed-sleep',
  severity: 'warning',
  title: 'A hook that only sleeps',
  why: "Kong's kept-alive connections lead to a terminating pod long after its endpoint is gone: with a sleep of 15 s 10 of 112 uploads were cut, and every pod waits for all of it even when idle.",
  source: SEEN.kong,
  fixes: 'where the pod has the drain sidecar, and no token of its own: the hook then calls it',
  bad: rtFile(
    runtime({ container: 'lifecycle:\n  preStop:\n    exec: { command: [sleep, "30"] }' }),
  ),
  good: rtFile(runtime({ pod: sidecar(), container: hook })),
  check: (model) =>
    runtimes(model)
      .filter(({ pod }) => pod.drain.kind !== 'injected')
      .flatMap((workload) =>
        ownContainers(workload).flatMap(({ name, preStop }) => {
          if (preStop?.onlySleeps !== true) return [];
          const { drain } = workload.pod;
          return [
            {
              at: preStop.at,
              what: `${workload.title}: the hook of container ${name} sleeps ${preStop.sleepSeconds} s, whatever is in flight`,
              changes: [set(preStop.at, { httpGet: { path: '/drain', port: 8081 } })],
              certain:
                drain.kind === 'sidecar' &&
                !drain.container.env.has('DRAIN_HOOK_TOKEN') &&
                !drain.container.env.has('DRAIN_LISTEN'),
            },
          ];
        }),
      ),
};
