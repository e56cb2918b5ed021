import { remove, set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { documents, rtFile, runtime } from '../examples';
import { fewestPods, serving } from '../workloads';

export const hpa = (spec = ''): string => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: rt
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: rt }
  minReplicas: 2
  maxReplicas: 6
${spec}`;

export const replicasSingle: Rule = {
  id: 'replicas-single',
  severity: 'warning',
  title: 'One pod alone',
  why: 'A single pod is down whenever its node fails or is drained: nothing starts a successor before an eviction.',
  source: KUBERNETES.disruptions,
  bad: rtFile(runtime({ replicas: 1 })),
  good: rtFile(runtime({ replicas: 2 })),
  check: (model) =>
    serving(model).flatMap((workload) => {
      const { kind, title, replicas, autoscaler } = workload;
      if (kind === 'DaemonSet' || kind === 'Pod' || fewestPods(workload) !== 1) return [];
      const place = autoscaler?.minReplicas ?? replicas;
      const who = autoscaler === undefined ? title : `HorizontalPodAutoscaler ${autoscaler.name}`;
      return [
        {
          at: place.at,
          what: `${who}: ${autoscaler === undefined ? 'replicas' : 'minReplicas'} is ${place.value === undefined ? 'not given, so 1' : '1'}`,
          changes: [set(place.at, 2)],
        },
      ];
    }),
};

export const replicasWithHpa: Rule = {
  id: 'replicas-with-hpa',
  severity: 'warning',
  title: 'Replicas given beside an autoscaler',
  why: 'Each apply of the manifest sets the number of pods back to `replicas`, which ends pods that the autoscaler had added.',
  source: KUBERNETES.autoscaling,
  more: 'Take the line out with care: on the first apply without it Kubernetes falls back to 1 replica, unless you remove it from the last-applied configuration first (`kubectl apply edit-last-applied`).',
  bad: rtFile(documents(runtime({ replicas: 4 }), hpa())),
  good: rtFile(documents(runtime({}).replace(/ {2}replicas: 2\n/, ''), hpa())),
  check: (model) =>
    model.workloads
      .filter(
        ({ autoscaler, replicas }) => autoscaler !== undefined && replicas.value !== undefined,
      )
      .map(({ title, autoscaler, replicas }) => ({
        at: replicas.at,
        what: `${title}: replicas ${replicas.value ?? ''} is given, but HorizontalPodAutoscaler ${autoscaler?.name ?? ''} rules it`,
        changes: [remove(replicas.at)],
      })),
};
