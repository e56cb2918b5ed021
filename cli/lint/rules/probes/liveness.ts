import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { mainContainer, serving } from '../workloads';
import type { Probe } from '../../kubernetes/pod-model';

const probes = (liveness: string): string =>
  `readinessProbe:\n  httpGet: { path: /health, port: 8080 }\n  periodSeconds: 5\nlivenessProbe:\n  httpGet: { path: /health, port: 8080 }\n${liveness}`;

const tolerance = ({ period, failures }: Probe): number =>
  (period.value ?? 10) * (failures.value ?? 3);

const PATIENCE_SECONDS = 30;

export const livenessImpatient: Rule = {
  id: 'liveness-impatient',
  severity: 'warning',
  title: 'A liveness probe that restarts a busy pod',
  why: 'A liveness probe that fails restarts the container, and cuts every request in it, so it must be the last one to lose patience.',
  source: KUBERNETES.probes,
  more: `It fires if periodSeconds × failureThreshold is less than ${PATIENCE_SECONDS} s, or no more than the readiness probe's for the same endpoint.`,
  fixes:
    "unless readiness is too patient itself: failureThreshold is raised to twice the readiness probe's time, 30 s at least",
  bad: rtFile(runtime({ container: probes('  periodSeconds: 5\n  failureThreshold: 2') })),
  good: rtFile(runtime({ container: probes('  periodSeconds: 10\n  failureThreshold: 6') })),
  check: (model) =>
    serving(model).flatMap((workload) => {
      const { liveness, readiness } = mainContainer(workload) ?? {};
      if (liveness === undefined) return [];
      const lasts = tolerance(liveness);
      const same = readiness?.asks === liveness.asks ? tolerance(readiness) : 0;
      if (lasts >= PATIENCE_SECONDS && lasts > same) return [];
      const wanted = Math.max(PATIENCE_SECONDS, 2 * same);
      const because = lasts <= same ? `, no later than readiness gives up (${same} s)` : '';
      return [
        {
          at: liveness.failures.at,
          what: `${workload.title}: a busy container is restarted after ${lasts} s${because}`,
          changes: [set(liveness.failures.at, Math.ceil(wanted / (liveness.period.value ?? 10)))],
          // A readiness probe that is too patient is mended first.
          certain: same <= PATIENCE_SECONDS,
        },
      ];
    }),
};

export const probeTimeoutOverPeriod: Rule = {
  id: 'probe-timeout-over-period',
  severity: 'warning',
  title: 'A probe that may take longer than its period',
  why: 'Probes of one container do not overlap, so a timeout above the period stretches the time until a failure is noticed.',
  source: KUBERNETES.probes,
  fixes: 'always: the timeout becomes the period',
  bad: rtFile(
    runtime({
      container: probes('  periodSeconds: 5\n  timeoutSeconds: 10\n  failureThreshold: 12'),
    }),
  ),
  good: rtFile(
    runtime({
      container: probes('  periodSeconds: 10\n  timeoutSeconds: 3\n  failureThreshold: 6'),
    }),
  ),
  check: (model) =>
    model.workloads.flatMap(({ title, pod }) =>
      pod.containers.flatMap(({ name, readiness, liveness, startup }) =>
        [readiness, liveness, startup].flatMap((probe) => {
          const period = probe?.period.value ?? 10;
          if (probe === undefined || (probe.timeout.value ?? 1) <= period) return [];
          return [
            {
              at: probe.timeout.at,
              what: `${title}: a probe of container ${name} may take ${probe.timeout.value ?? 1} s, every ${period} s`,
              changes: [set(probe.timeout.at, period)],
              certain: true,
            },
          ];
        }),
      ),
    ),
};
