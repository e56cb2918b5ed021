/** Owns which image the sidecars get: the one that is set, else the one that this very replica runs. */
import type { CoreV1Api } from '@kubernetes/client-node';
import { DrainError } from '../core/errors';
import type { InjectorConfig } from './config';

/** Of the container in deploy/base/deployment.yaml. */
const CONTAINER = 'injector';

/** Rejects with `NO_IMAGE`, or as the API server answers. */
export async function sidecarImage(config: InjectorConfig, core: CoreV1Api): Promise<string> {
  if (config.DRAIN_SIDECAR_IMAGE !== undefined) return config.DRAIN_SIDECAR_IMAGE;
  const { POD_NAME: name, POD_NAMESPACE: namespace } = config;
  const pod = await core.readNamespacedPod({ namespace, name });
  // As it was asked for: status.containerStatuses may name an image that only the node has.
  const image = pod.spec?.containers.find((container) => container.name === CONTAINER)?.image;
  if (image !== undefined) return image;
  throw new DrainError(
    'NO_IMAGE',
    `pod ${namespace}/${name} has no container "${CONTAINER}": set DRAIN_SIDECAR_IMAGE`,
  );
}
