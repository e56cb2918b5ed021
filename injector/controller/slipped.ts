/**
 * Owns the search for pods that ask for a sidecar and have none: admitted while the injector was away, or refused.
 * Invariant: only namespaces that opted in are read, page by page.
 */
import type { CoreV1Api, V1Pod } from '@kubernetes/client-node';
import { asksForSidecar, INJECTED_LABEL, NAMESPACE_ENABLED, NAMESPACE_LABEL } from '../annotations';
import { inject } from '../inject/inject';
import type { InjectionSettings } from '../inject/settings';
import type { PodEvent } from './pod-events';

const PAGE = 500;

export interface SlippedPod {
  readonly pod: V1Pod;
  readonly namespace: string;
  readonly why: string;
}

/** Whether the pod asks for a sidecar, has none, and lives. */
export function hasSlipped({ metadata, status }: V1Pod): boolean {
  const finished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const injected = metadata?.labels?.[INJECTED_LABEL] === 'true';
  const leaves = finished || metadata?.deletionTimestamp !== undefined;
  return asksForSidecar(metadata?.annotations) && !injected && !leaves;
}

/** Looks through the namespaces that opted in. Rejects as the API server answers. */
export async function findSlipped(
  core: CoreV1Api,
  settings: InjectionSettings,
): Promise<SlippedPod[]> {
  const namespaces = await core.listNamespace({
    labelSelector: `${NAMESPACE_LABEL}=${NAMESPACE_ENABLED}`,
  });
  const found: SlippedPod[] = [];
  for (const { metadata } of namespaces.items) {
    const namespace = metadata?.name ?? '';
    let next: string | undefined;
    do {
      const page = await core.listNamespacedPod({
        namespace,
        limit: PAGE,
        ...(next === undefined ? {} : { _continue: next }),
      });
      for (const pod of page.items.filter(hasSlipped)) {
        found.push({ pod, namespace, why: whyOf(pod, settings) });
      }
      next = page.metadata?._continue;
    } while (next);
  }
  return found;
}

function whyOf(pod: V1Pod, settings: InjectionSettings): string {
  const injection = inject(pod, settings, '');
  return injection.kind === 'refused'
    ? injection.reasons.join('; ')
    : 'the injector did not see it when it was created: delete it, its next one gets a sidecar';
}

/** The Event that says so. */
export function slippedEvent({ pod, namespace, why }: SlippedPod): PodEvent {
  const { name = '', uid } = pod.metadata ?? {};
  return {
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace,
      name,
      ...(uid === undefined ? {} : { uid }),
    },
    reason: 'SidecarMissing',
    message: `no sidecar, no drain: ${why}`,
  };
}
