import { set } from '../../fix/change';
import type { Model } from '../../model';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { mainContainer, serving } from '../workloads';

const probe = (rest: string): string =>
  `readinessProbe:\n  httpGet: { path: /health, port: 8080 }\n${rest}`;

/** A new pod may wait that long for its first probe's success, in seconds. */
const SLOW_SECONDS = 10;
const LATE_SECONDS = 30;

function probed(model: Model) {
  return serving(model).flatMap((workload) => {
    const container = mainContainer(workload);
    return container === undefined ? [] : [{ workload, container, readiness: container.readiness }];
  });
}

export const readinessMissing: Rule = {
  id: 'readiness-missing',
  severity: 'error',
  title: 'No readiness probe',
  why: 'Without a readiness probe a pod counts as ready the moment its process starts, and gets requests that it cannot answer yet.',
  source: KUBERNETES.probes,
  bad: rtFile(runtime({})),
  good: rtFile(runtime({ container: probe('  periodSeconds: 5') })),
  check: (model) =>
    probed(model)
      .filter(({ readiness }) => readiness === undefined)
      .map(({ workload, container }) => ({
        at: container.at,
        what: `${workload.title}: container ${container.name} has no readiness probe`,
        changes: [
          set(container.at.at('readinessProbe'), {
            httpGet: { path: '/health', port: container.ports[0]?.number ?? 8080 },
            ...{ periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 3 },
          }),
        ],
      })),
};

export const readinessSlow: Rule = {
  id: 'readiness-slow',
  severity: 'warning',
  title: 'A readiness probe that delays new pods',
  why: 'A new pod gets no request before its first successful probe, and a rollout waits for that with every pod.',
  source: KUBERNETES.probes,
  more: `It fires if initialDelaySeconds and periodSeconds × successThreshold together are more than ${SLOW_SECONDS} s.`,
  fixes:
    'where the period alone is too long: it becomes 5 s, and a failing pod keeps its time or gets 15 s',
  bad: rtFile(runtime({ container: probe('  periodSeconds: 20\n  failureThreshold: 3') })),
  good: rtFile(runtime({ container: probe('  periodSeconds: 5\n  failureThreshold: 3') })),
  check: (model) =>
    probed(model).flatMap(({ workload, readiness }) => {
      if (readiness === undefined) return [];
      const { at, period, initialDelay, failures } = readiness;
      const successes = at.at('successThreshold').number() ?? 1;
      const seconds = period.value ?? 10;
      const delay = (initialDelay.value ?? 0) + seconds * successes;
      if (delay <= SLOW_SECONDS) return [];
      const shorter = seconds > 5;
      const tolerance = seconds * (failures.value ?? 3);
      return [
        {
          at: shorter ? period.at : initialDelay.at,
          what: `${workload.title}: a pod that serves may wait ${delay} s until it counts as ready`,
          changes: shorter
            ? [
                set(period.at, 5),
                ...(tolerance > 30 ? [] : [set(failures.at, Math.ceil(tolerance / 5))]),
              ]
            : [set(initialDelay.at, 0)],
          certain: shorter && (initialDelay.value ?? 0) + 5 * successes <= SLOW_SECONDS,
        },
      ];
    }),
};

export const readinessDetectsLate: Rule = {
  id: 'readiness-detects-late',
  severity: 'warning',
  title: 'A pod that fails goes on getting requests for long',
  why: 'A pod leaves the Service only after failureThreshold probes in a row have failed, a period apart.',
  source: KUBERNETES.probes,
  more: `It fires if periodSeconds × failureThreshold is more than ${LATE_SECONDS} s.`,
  bad: rtFile(runtime({ container: probe('  periodSeconds: 20\n  failureThreshold: 3') })),
  good: rtFile(runtime({ container: probe('  periodSeconds: 5\n  failureThreshold: 3') })),
  check: (model) =>
    probed(model).flatMap(({ workload, readiness }) => {
      if (readiness === undefined) return [];
      const seconds = (readiness.period.value ?? 10) * (readiness.failures.value ?? 3);
      if (seconds <= LATE_SECONDS) return [];
      return [
        {
          at: readiness.failures.at,
          what: `${workload.title}: a failing pod keeps its requests for ${seconds} s`,
          changes: [set(readiness.period.at, 5), set(readiness.failures.at, 3)],
        },
      ];
    }),
};
