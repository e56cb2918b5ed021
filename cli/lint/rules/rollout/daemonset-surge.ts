import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { serving } from '../workloads';

const daemon = (strategy: string): string =>
  runtime({ spec: strategy })
    .replace('kind: Deployment', 'kind: DaemonSet')
    .replace(/ {2}replicas: 2\n/, '');

export const rolloutDaemonSurge: Rule = {
  id: 'rollout-daemonset-surge',
  severity: 'warning',
  title: 'A DaemonSet ends the pod of a node before its successor serves',
  why: 'A DaemonSet has maxUnavailable 1 and maxSurge 0 unless told otherwise, so that each node is without its pod for the time of a start.',
  source: KUBERNETES.deployments,
  bad: rtFile(daemon('updateStrategy: { type: RollingUpdate }')),
  good: rtFile(daemon('updateStrategy:\n  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }')),
  check: (model) =>
    serving(model)
      .filter(
        ({ kind, strategy }) =>
          kind === 'DaemonSet' &&
          strategy.type.value !== 'OnDelete' &&
          (strategy.maxSurge.value ?? 0) === 0,
      )
      .map(({ title, strategy }) => ({
        at: strategy.at,
        what: `${title}: no maxSurge, so a node's old pod goes first`,
        changes: [set(strategy.at.at('rollingUpdate'), { maxUnavailable: 0, maxSurge: 1 })],
      })),
};
