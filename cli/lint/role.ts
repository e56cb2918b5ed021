/** Owns the judgement which workloads stand in the way of requests. */
import type { LoneWorkload } from './kubernetes/workload';
import type { Role, Service } from './model';
import type { KongService } from './kong/kong-model';

/** Ports of well-known servers that no Kong stands in front of. */
const NOT_HTTP = new Set([53, 2181, 3306, 5432, 6379, 9092, 11211, 26379, 27017]);

const GATEWAY_ENV = ['KONG_DATABASE', 'KONG_DECLARATIVE_CONFIG', 'KONG_PROXY_LISTEN', 'KONG_ROLE'];
const GATEWAY_IMAGE = /(^|\/)kong(-gateway(-dev)?)?(:|@|$)/;

/**
 * Where the inputs have a Kong Service that leads to some pods, only pods behind one are runtimes; else every workload
 * that serves a port, or is behind a Kubernetes Service, is taken for one.
 */
export function roleOf(
  workload: LoneWorkload & { behind: readonly KongService[]; services: readonly Service[] },
  kongIsKnown: boolean,
): Role {
  if (gatewayContainer(workload) !== undefined) return 'gateway';
  if (workload.behind.length > 0) return 'runtime';
  if (kongIsKnown || !['Deployment', 'StatefulSet', 'DaemonSet'].includes(workload.kind)) {
    return 'other';
  }
  const ports = workload.pod.containers.flatMap((container) => container.ports);
  if (ports.length > 0 && ports.every(({ number }) => NOT_HTTP.has(number ?? 0))) return 'other';
  return ports.length > 0 || workload.services.length > 0 ? 'runtime' : 'other';
}

/** The container that runs Kong itself; undefined if none does. */
export function gatewayContainer({ pod }: Pick<LoneWorkload, 'pod'>) {
  return pod.containers.find(
    ({ image, env }) => GATEWAY_IMAGE.test(image) || GATEWAY_ENV.some((name) => env.has(name)),
  );
}
