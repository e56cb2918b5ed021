/** Owns what the injector takes for the pod's runtime: its container, its port and its health endpoint. */
import type { V1Container, V1HTTPGetAction, V1Pod } from '@kubernetes/client-node';
import { DrainError } from '../../core/errors';
import { PREFIX, type Wishes } from '../annotations';

export interface Runtime {
  readonly container: string;
  readonly port: number;
  readonly healthUrl: string;
  readonly warnings: readonly string[];
}

const HELPERS = new Set(['istio-proxy', 'linkerd-proxy']);
const WEB_PORTS = new Set(['http', 'https']);
// kubectl's own hint, which meshes set as well (kubernetes.io/docs/reference/labels-annotations-taints).
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

interface NamedPort {
  readonly container: V1Container;
  readonly port: number;
  readonly name: string | undefined;
}

/** Finds the runtime. Throws `NO_RUNTIME` that says which annotation is missing. */
export function findRuntime(pod: V1Pod, wishes: Wishes): Runtime {
  const { container, port, name } = findPort(pod, wishes);
  const health = healthOf(container, { port, name }, wishes);
  return { container: container.name, port, ...health };
}

function findPort(pod: V1Pod, wishes: Wishes): NamedPort {
  const all = pod.spec?.containers ?? [];
  const hint = wishes.container ?? pod.metadata?.annotations?.[DEFAULT_CONTAINER];
  const named = all.filter(({ name }) => name === hint);
  if (wishes.container !== undefined && named.length === 0) {
    throw missing(`container: the pod has no container "${wishes.container}"`);
  }
  const helpersLeftOut = all.filter(({ name }) => !HELPERS.has(name));
  const containers = named.length > 0 ? named : helpersLeftOut;
  const ports = containers.flatMap(tcpPorts);

  if (typeof wishes.port === 'string') {
    const found = ports.find(({ name }) => name === wishes.port);
    if (!found) throw missing(`port: no container has a port named "${wishes.port}"`);
    return found;
  }
  if (typeof wishes.port === 'number') {
    const declared = ports.find(({ port }) => port === wishes.port);
    const [first] = containers;
    if (declared) return declared;
    if (!first) throw missing('container: the pod has none');
    return { container: first, port: wishes.port, name: undefined };
  }
  const web = ports.filter(({ name }) => WEB_PORTS.has(name ?? ''));
  const [only, another] = web.length === 1 ? web : ports;
  if (!only) throw missing('port: no container declares one, so it must be annotated');
  if (another) {
    const seen = ports.map(({ container, port }) => `${container.name}:${port}`).join(', ');
    throw missing(`port: there are several (${seen}), say which gets the requests`);
  }
  return only;
}

function tcpPorts(container: V1Container): NamedPort[] {
  return (container.ports ?? [])
    .filter(({ protocol }) => protocol === undefined || protocol === 'TCP')
    .map(({ containerPort, name }) => ({ container, port: containerPort, name }));
}

function healthOf(
  container: V1Container,
  target: { port: number; name: string | undefined },
  wishes: Wishes,
): { healthUrl: string; warnings: string[] } {
  const probe = usable(container.readinessProbe?.httpGet);
  const wishedPort = wishes['health-port'];
  const path = wishes['health-path'] ?? rooted(probe?.path) ?? '/health';
  const port = portNumber(container, wishedPort ?? probe?.port);
  const scheme =
    wishes['health-scheme'] ??
    probe?.scheme?.toLowerCase() ??
    (target.name === 'https' ? 'https' : 'http');
  const warnings = wishes['health-path'] === undefined ? probeWarnings(container, probe) : [];
  // By name: the runtime may listen on either family's loopback.
  return { healthUrl: `${scheme}://localhost:${port ?? target.port}${path}`, warnings };
}

function probeWarnings(
  { readinessProbe }: V1Container,
  used: V1HTTPGetAction | undefined,
): string[] {
  if (readinessProbe && !used) {
    return [
      `the readiness probe is no httpGet of the pod: the sidecar asks /health (${PREFIX}health-path)`,
    ];
  }
  const headers = used?.httpHeaders?.map(({ name }) => name) ?? [];
  return headers.length === 0
    ? []
    : [
        `the sidecar's health probe sends none of the readiness probe's headers (${headers.join(', ')})`,
      ];
}

/** A probe of another host says nothing of this pod. */
function usable(probe: V1HTTPGetAction | undefined): V1HTTPGetAction | undefined {
  return probe?.host === undefined || probe.host === '' ? probe : undefined;
}

/** As the kubelet asks: a probe's path may lack its slash. */
function rooted(path: string | undefined): string | undefined {
  return path === undefined || path.startsWith('/') ? path : `/${path}`;
}

function portNumber(container: V1Container, port: string | number | undefined): number | undefined {
  if (port === undefined || typeof port === 'number') return port;
  const found = tcpPorts(container).find(({ name }) => name === port);
  if (!found)
    throw missing(`health-port: container "${container.name}" has no port named "${port}"`);
  return found.port;
}

function missing(problem: string): DrainError {
  return new DrainError('NO_RUNTIME', `${PREFIX}${problem}`);
}
