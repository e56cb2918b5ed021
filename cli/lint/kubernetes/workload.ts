/** Owns the reading of workloads: what has a pod template. Their links to other objects are made in link.ts. */
import { ANNOTATIONS } from '../annotations';
import type { Workload } from '../model';
import { intOrStringField, numberField, stringField } from '../yaml/field';
import { readPod } from './pod';
import type { Resource } from './resources';

/** A workload as its own manifest tells it. */
export type LoneWorkload = Omit<
  Workload,
  'role' | 'behind' | 'services' | 'budgets' | 'autoscaler'
>;

export const WORKLOAD_KINDS: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Pod',
]);

export function readWorkload({ kind, name, namespace, at }: Resource): LoneWorkload {
  const template = kind === 'Pod' ? at : at.at('spec', 'template');
  const annotations = {
    ...at.at('metadata', 'annotations').strings(),
    ...template.at('metadata', 'annotations').strings(),
  };
  const strategy = at.at('spec', kind === 'Deployment' ? 'strategy' : 'updateStrategy');
  const rolling = strategy.at('rollingUpdate');
  return {
    kind,
    name,
    namespace,
    title: `${kind} ${name}`,
    at,
    podLabels: template.at('metadata', 'labels').strings(),
    annotations,
    replicas: numberField(at.at('spec', 'replicas')),
    strategy: {
      at: strategy,
      type: stringField(strategy.at('type')),
      maxUnavailable: intOrStringField(rolling.at('maxUnavailable')),
      maxSurge: intOrStringField(rolling.at('maxSurge')),
    },
    pod: readPod(
      template.at('spec'),
      stringField(template.at('metadata', 'annotations', ANNOTATIONS.pool.name)),
    ),
  };
}
