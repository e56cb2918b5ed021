/** Owns a pod like the example's that no controller looks after and no Service leads to. */
import type { V1Pod } from '@kubernetes/client-node';
import { kube } from './kube';
import { LABEL } from './overlays';

const namespace = 'example';

/** The object as one would send it. */
export async function barePod(name: string): Promise<V1Pod> {
  const { spec } = await kube().apps.readNamespacedDeployment({ namespace, name: 'rt' });
  const { topologySpreadConstraints: _, ...podSpec } = spec?.template.spec ?? { containers: [] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name, namespace, labels: { [LABEL]: 'bare' } },
      annotations: { 'kong-drain.dev/pool': 'rt' },
    },
    spec: podSpec,
  };
}

/** As the API server would store it, after all its webhooks; nothing is created. */
export function dryRun(pod: V1Pod): Promise<V1Pod> {
  return kube().core.createNamespacedPod({ namespace, body: pod, dryRun: 'All' });
}

export const create = (pod: V1Pod): Promise<V1Pod> =>
  kube().core.createNamespacedPod({ namespace, body: pod });

/** Whether the injector has seen it. */
export const isInjected = ({ metadata }: V1Pod): boolean =>
  metadata?.labels?.['kong-drain.dev/injected'] === 'true';
