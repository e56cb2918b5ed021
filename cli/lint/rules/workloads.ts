/** Owns which workloads and containers the rules of pods are for. */
import { isDrainSidecar } from '../kubernetes/pod';
import type { Container, Model, Workload } from '../model';
import { gatewayContainer } from '../role';

/** What stands in the way of requests: gateways and what is behind them. */
export function serving({ workloads }: Model): Workload[] {
  return workloads.filter(({ role }) => role !== 'other');
}

export function runtimes({ workloads }: Model): Workload[] {
  return workloads.filter(({ role }) => role === 'runtime');
}

export function gateways({ workloads }: Model): { workload: Workload; kong: Container }[] {
  return workloads.flatMap((workload) => {
    const kong = workload.role === 'gateway' ? gatewayContainer(workload) : undefined;
    return kong === undefined ? [] : [{ workload, kong }];
  });
}

/**
 * The container that serves: Kong itself; else the first ordinary one with a port or a readiness probe that is not
 * our sidecar; else the first.
 */
export function mainContainer(workload: Workload): Container | undefined {
  const { containers } = workload.pod;
  const own = containers.filter((container) => !isDrainSidecar(container));
  return (
    gatewayContainer(workload) ??
    own.find(({ ports, readiness }) => ports.length > 0 || readiness !== undefined) ??
    own[0]
  );
}

/** Every container but our sidecar. */
export function ownContainers({ pod }: Workload): Container[] {
  return [...pod.containers, ...pod.initContainers].filter(
    (container) => !isDrainSidecar(container),
  );
}

/** How many pods there are at least: the autoscaler's minimum, else `replicas` (1 if not given). */
export function fewestPods({ autoscaler, replicas }: Workload): number {
  return autoscaler === undefined ? (replicas.value ?? 1) : (autoscaler.minReplicas.value ?? 1);
}

/** A count or percentage of `total`; Kubernetes rounds up for surge and minAvailable, down for maxUnavailable. */
export function countOf(
  value: number | string | undefined,
  total: number,
  round: (value: number) => number,
): number | undefined {
  if (typeof value !== 'string') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? undefined : round((Number(percent) / 100) * total);
}
