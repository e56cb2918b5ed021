import { set } from '../../fix/change';
import type { KongUpstream } from '../../kong/kong-model';
import type { Model } from '../../model';
import type { Rule } from '../../rule';
import type { Cursor } from '../../yaml/cursor';
import { KONG } from '../../sources-of-facts';
import { kong, kongFile } from '../examples';

const upstream = (healthchecks: string, targets = 'rt.default.svc:8080'): string =>
  kong(
    '',
    `upstreams:\n  - name: rt.upstream\n    targets:\n      - target: ${targets}\n    ${healthchecks.replace(/\n/g, '\n    ')}`,
  );

const COUNTERS = ['tcp_failures', 'timeouts', 'http_failures'] as const;

/** The counters above 0: those by which a target can be taken out. */
function counting(unhealthy: Cursor): Cursor[] {
  return COUNTERS.map((name) => unhealthy.at(name)).filter((at) => (at.number() ?? 0) > 0);
}

const runsActive = ({ active }: KongUpstream): boolean =>
  (active.at('unhealthy', 'interval').number() ?? 0) > 0;

const recovers = ({ active }: KongUpstream): boolean =>
  (active.at('healthy', 'interval').number() ?? 0) > 0 ||
  (active.at('unhealthy', 'interval').number() ?? 0) > 0;

export const kongHealthFights: Rule = {
  id: 'kong-health-checks-fight',
  severity: 'warning',
  title: 'Health checks that take all pods out for one',
  why: 'An Upstream with one target, a Kubernetes Service, has one health for all pods: the failures of one pod that goes make Kong answer 503 for every request until the target counts as healthy again.',
  source: KONG.healthChecks,
  more: 'With the plugin `drain` each pod is watched by its own sidecar and failed tries move on, so Kong needs no health checks of its own for it.',
  fixes: 'passive checks of an Upstream with one named target: their counters become 0',
  bad: kongFile(
    upstream(
      'healthchecks:\n  passive:\n    unhealthy: { tcp_failures: 3, http_failures: 5 }\n  active:\n    healthy: { interval: 5, successes: 1 }',
    ),
  ),
  good: kongFile(
    upstream('healthchecks:\n  passive:\n    unhealthy: { tcp_failures: 0, http_failures: 0 }'),
  ),
  check: ({ kong: { upstreams } }: Model) =>
    upstreams.flatMap((one) => {
      const [target, ...others] = one.targets;
      if (target === undefined || others.length > 0 || /^[\d.]+$/.test(target)) return [];
      const passive = counting(one.passive.at('unhealthy'));
      const active = runsActive(one) ? counting(one.active.at('unhealthy')) : [];
      const [first] = [...passive, ...active];
      if (first === undefined) return [];
      return [
        {
          at: first,
          what: `Kong Upstream ${one.name}: its health checks can take its only target ${target} out`,
          changes: [...passive.map((at) => set(at, 0)), ...active.map((at) => set(at, 0))],
          certain: active.length === 0,
        },
      ];
    }),
};

export const kongPassiveForGood: Rule = {
  id: 'kong-passive-without-active',
  severity: 'error',
  title: 'Passive health checks that never forgive',
  why: 'Passive health checks only take targets out, they never bring one back: without active checks a target that failed once stays out until someone calls the Admin API.',
  source: KONG.healthChecks,
  bad: kongFile(upstream('healthchecks:\n  passive:\n    unhealthy: { http_failures: 3 }')),
  good: kongFile(
    upstream(
      'healthchecks:\n  passive:\n    unhealthy: { http_failures: 3 }\n  active:\n    http_path: /health\n    unhealthy: { interval: 5 }\n    healthy: { interval: 5, successes: 1 }',
      'a.example:8080\n      - target: b.example:8080',
    ),
  ),
  check: ({ kong: { upstreams } }: Model) =>
    upstreams.flatMap((one) => {
      const [first] = counting(one.passive.at('unhealthy'));
      if (first === undefined || recovers(one)) return [];
      return [
        {
          at: first,
          what: `Kong Upstream ${one.name}: passive checks without active ones`,
          changes: [
            set(one.active, {
              http_path: '/health',
              unhealthy: { interval: 5 },
              healthy: { interval: 5, successes: 1 },
            }),
          ],
        },
      ];
    }),
};
