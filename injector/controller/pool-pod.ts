/** Owns what the controller takes from a pod's object. Invariant: pure; a pod that is not ours gives undefined. */
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { readDrainResult, type DrainResult } from '../../core/drain-result';
import { podIdOf } from '../../core/pod-id';
import { parseTarget } from '../../core/target';
import { DELETION_COST, INJECTED_LABEL, POOL, TARGET_PORT } from '../annotations';
import { SIDECAR_NAME } from '../inject/sidecar-container';

export const POD_DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

export interface PoolPod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly pool: string;
  /** Its name in the registry. */
  readonly podId: string;
  /** Undefined before the pod has an address. */
  readonly target: string | undefined;
  readonly deleting: boolean;
  /** All its containers have ended; its address may be given to another pod. */
  readonly finished: boolean;
  readonly graceSeconds: number | undefined;
  /** What its sidecar left behind. */
  readonly result: DrainResult | undefined;
  /** The cost that stands on the pod; undefined where none does. */
  readonly cost: number | undefined;
  readonly keepsCost: boolean;
}

/** Reads an injected pod. */
export function poolPod({ metadata, status, spec }: V1Pod): PoolPod | undefined {
  const { uid, name, namespace, annotations = {} } = metadata ?? {};
  const pool = annotations[POOL];
  if (!uid || !name || !namespace || pool === undefined) return undefined;
  if (metadata?.labels?.[INJECTED_LABEL] !== 'true') return undefined;
  const deleting = metadata.deletionTimestamp !== undefined;
  const cost = Number.parseInt(annotations[POD_DELETION_COST] ?? '', 10);
  return {
    ...{ uid, name, namespace, pool, deleting },
    podId: podIdOf(name, uid) ?? name,
    target: targetOf(status?.podIP, annotations[TARGET_PORT]),
    finished: status?.phase === 'Succeeded' || status?.phase === 'Failed',
    graceSeconds: metadata.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds,
    result: resultOf([
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ]),
    cost: Number.isNaN(cost) ? undefined : cost,
    keepsCost: annotations[DELETION_COST] !== 'off',
  };
}

function targetOf(ip: string | undefined, port: string | undefined): string | undefined {
  if (!ip || !port) return undefined;
  try {
    return parseTarget(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`).id;
  } catch {
    return undefined;
  }
}

function resultOf(statuses: readonly V1ContainerStatus[]): DrainResult | undefined {
  const sidecar = statuses.find(({ name }) => name === SIDECAR_NAME);
  return readDrainResult(sidecar?.state?.terminated?.message);
}
