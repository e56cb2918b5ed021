import { append } from '../../fix/change';
import { readSelector, selects } from '../../kubernetes/selectors';
import type { Model, Workload } from '../../model';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { fewestPods, serving } from '../workloads';

const spread = (labels: string): string => `topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: ${labels}`;

export const spreadMissing: Rule = {
  id: 'spread-missing',
  severity: 'warning',
  title: 'Pods that may all run on one node',
  why: 'Without a spread constraint or anti-affinity the scheduler may put all pods on one node, and one failure or upgrade of it takes them all.',
  source: KUBERNETES.spread,
  fixes: 'always: a constraint that is kept where it can be (ScheduleAnyway) and refuses nothing',
  bad: rtFile(runtime({})),
  good: rtFile(runtime({ pod: spread('{ app: rt }') })),
  check: (model: Model) =>
    serving(model)
      .filter(({ kind, pod }) => {
        const { required, preferred } = pod.antiAffinity;
        const free = pod.topologySpread.length + required.length + preferred.length === 0;
        return free && kind !== 'DaemonSet' && kind !== 'Pod';
      })
      .filter((workload) => fewestPods(workload) > 1)
      .map((workload) => ({
        at: workload.pod.at,
        what: `${workload.title}: nothing keeps its pods on different nodes`,
        changes: [append(workload.pod.at.at('topologySpreadConstraints'), constraint(workload))],
        certain: Object.keys(labelsOf(workload)).length > 0,
      })),
};

function labelsOf({ at }: Workload): Record<string, string> {
  return at.at('spec', 'selector', 'matchLabels').strings();
}

function constraint(workload: Workload) {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labelsOf(workload) },
  };
}

export const spreadSelector: Rule = {
  id: 'spread-selects-others',
  severity: 'warning',
  title: "A spread constraint that does not select the pod's own labels",
  why: 'A constraint or anti-affinity counts only the pods that its labelSelector selects, so one that misses its own pods spreads nothing.',
  source: KUBERNETES.spread,
  bad: rtFile(runtime({ pod: spread('{ app: runtime }') })),
  good: rtFile(runtime({ pod: spread('{ app: rt }') })),
  check: (model: Model) =>
    serving(model).flatMap((workload) => {
      const { topologySpread, antiAffinity } = workload.pod;
      // Anti-affinity against others' pods is common and right; a topology spread against them is not.
      const own = [
        ...topologySpread,
        ...(topologySpread.length === 0 ? antiAffinity.required : []),
      ];
      const selectors = own.map((item) => item.at('labelSelector'));
      if (selectors.some((at) => selects(readSelector(at), workload.podLabels))) return [];
      return selectors
        .filter((at) => at.present)
        .map((at) => ({
          at,
          what: `${workload.title}: the constraint does not select its own pods`,
          snippet: `labelSelector:\n  matchLabels:\n${Object.entries(labelsOf(workload))
            .map(([key, value]) => `    ${key}: ${value}`)
            .join('\n')}`,
        }));
    }),
};

export const spreadBlocksSurge: Rule = {
  id: 'anti-affinity-blocks-surge',
  severity: 'info',
  title: 'A rollout needs one node more than there are pods',
  why: 'Required anti-affinity by node refuses a second pod on a node, so with maxUnavailable 0 the new pod of a rollout waits until a further node is free.',
  source: KUBERNETES.affinity,
  bad: rtFile(
    runtime({
      spec: 'strategy:\n  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }',
      pod: 'affinity:\n  podAntiAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      - topologyKey: kubernetes.io/hostname\n        labelSelector:\n          matchLabels: { app: rt }',
    }),
  ),
  good: rtFile(
    runtime({
      spec: 'strategy:\n  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }',
      pod: spread('{ app: rt }'),
    }),
  ),
  check: (model: Model) =>
    serving(model).flatMap(({ kind, title, strategy, pod, podLabels }) => {
      const unavailable = strategy.maxUnavailable.value;
      if (kind !== 'Deployment' || (unavailable !== 0 && unavailable !== '0%')) return [];
      return pod.antiAffinity.required
        .filter((term) => term.at('topologyKey').string() === 'kubernetes.io/hostname')
        .filter((term) => selects(readSelector(term.at('labelSelector')), podLabels))
        .map((at) => ({
          at,
          what: `${title}: required anti-affinity by node and maxUnavailable 0`,
          snippet: spread(
            `{ ${Object.entries(podLabels)
              .map(([key, value]) => `${key}: ${value}`)
              .join(', ')} }`,
          ),
        }));
    }),
};
