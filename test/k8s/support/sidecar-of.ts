/** Owns the look at a pod's sidecar, native or plain. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

export const SIDECAR = 'kong-drain';

export function sidecarOf(pod: V1Pod | undefined): V1ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod?.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === SIDECAR);
}
