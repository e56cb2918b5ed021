/** Owns the kinds that some rule looks at. */
import { WORKLOAD_KINDS } from './workload';

const KNOWN = new Set([
  ...WORKLOAD_KINDS,
  'Service',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
  'ConfigMap',
  'Ingress',
  'KongPlugin',
  'KongClusterPlugin',
  'Kustomization',
]);

export function isKnownKind(kind: string): boolean {
  return KNOWN.has(kind);
}
