import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { startupSeconds } from '../../settings';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { mainContainer, serving } from '../workloads';

/** From here on a start counts as slow, in seconds. */
const SLOW_START_SECONDS = 10;

export const startupMissing: Rule = {
  id: 'startup-probe-missing',
  severity: 'warning',
  title: 'A slow start without a startup probe',
  why: 'A startup probe lets a slow start take its time and be noticed at once; an initial delay makes every start as slow as the slowest.',
  source: KUBERNETES.probes,
  more: `A start counts as slow if a probe has an initialDelaySeconds of ${SLOW_START_SECONDS} or more, if the readiness period is that long times two, or if the annotation says so.`,
  bad: rtFile(
    runtime({
      container:
        'readinessProbe:\n  httpGet: { path: /health, port: 8080 }\n  initialDelaySeconds: 30',
    }),
  ),
  good: rtFile(
    runtime({
      container:
        'startupProbe:\n  httpGet: { path: /health, port: 8080 }\n  periodSeconds: 1\n  failureThreshold: 60\nreadinessProbe:\n  httpGet: { path: /health, port: 8080 }',
    }),
  ),
  check: (model) =>
    serving(model).flatMap((workload) => {
      const container = mainContainer(workload);
      if (container === undefined || container.startup !== undefined) return [];
      const { readiness, liveness } = container;
      const delay = Math.max(readiness?.initialDelay.value ?? 0, liveness?.initialDelay.value ?? 0);
      const told = startupSeconds(workload) ?? 0;
      const period = readiness?.period.value ?? 0;
      if (Math.max(delay, told, period / 2) < SLOW_START_SECONDS) return [];
      const slow =
        Math.max(delay, told) < SLOW_START_SECONDS
          ? `is asked only every ${period} s whether it serves`
          : `may take ${Math.max(delay, told)} s to start`;
      const seconds = Math.max(60, 2 * Math.max(delay, told));
      const http = (readiness ?? liveness)?.http;
      return [
        {
          at: (readiness ?? liveness)?.at ?? container.at,
          what: `${workload.title}: container ${container.name} ${slow}, but has no startup probe`,
          changes: [
            set(container.at.at('startupProbe'), {
              httpGet: {
                path: http?.path ?? '/health',
                port: http?.port.value ?? container.ports[0]?.number ?? 8080,
              },
              ...{ periodSeconds: 1, failureThreshold: seconds },
            }),
          ],
        },
      ];
    }),
};
