/**
 * Owns the Events for pods that asked for a sidecar and got none. The pod has no name yet, or will not exist at all, so
 * its owner is told, where `kubectl describe` of the ReplicaSet or Job shows it. Invariant: one Event per owner and
 * reason; a crash loop of a controller writes no storm.
 */
import type { PodEvent } from '../controller/pod-events';
import type { Refusal } from './review';

const REMEMBERED_MAX = 1000;

/** Makes the Event of a refusal, undefined where it was told already. */
export function refusalEvents(): (refusal: Refusal) => PodEvent | undefined {
  const told = new Set<string>();
  return ({ pod, namespace, reasons, denied }) => {
    const { metadata } = pod;
    const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
    const name =
      owner?.name ?? metadata?.name ?? metadata?.generateName?.replace(/-$/, '') ?? 'pod';
    const object = owner
      ? { apiVersion: owner.apiVersion, kind: owner.kind, name, namespace, uid: owner.uid }
      : { apiVersion: 'v1', kind: 'Pod', name, namespace };
    const message = `${denied ? 'pod denied' : 'pod without sidecar'}: ${reasons.join('; ')}`;
    const key = `${namespace}/${object.kind}/${name}/${message}`;
    if (told.has(key)) return undefined;
    if (told.size >= REMEMBERED_MAX) told.clear();
    told.add(key);
    return { object, reason: 'SidecarRefused', message };
  };
}
