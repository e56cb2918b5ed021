/**
 * Owns what NetworkPolicies let through, by the rules of networking.k8s.io/v1: who selects a pod denies it all else; a rule
 * without peers or ports is any; a peer's selectors hold together; both ends have to agree. Ports are the pods' own.
 */
import type {
  V1LabelSelector,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from '@kubernetes/client-node';
import type { KubeObject } from './api-schema';

type Labels = Readonly<Record<string, string>>;

/** A pod, or whatever has no labels: the API server, a host on the internet. */
export type End = { readonly namespace: string; readonly labels: Labels } | 'outside';

export interface Connection {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol?: 'TCP' | 'UDP';
}

/** As it is written; the client's own model has another name for `from`. */
export interface Policy {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly podSelector: V1LabelSelector;
    readonly policyTypes: readonly Direction[];
    readonly ingress?: readonly { from?: readonly Peer[]; ports?: readonly Port[] }[];
    readonly egress?: readonly { to?: readonly Peer[]; ports?: readonly Port[] }[];
  };
}

type Direction = 'Ingress' | 'Egress';
type Peer = V1NetworkPolicyPeer;
type Port = V1NetworkPolicyPort;

export function policiesOf(objects: readonly KubeObject[]): Policy[] {
  return objects.filter(({ kind }) => kind === 'NetworkPolicy') as unknown as Policy[];
}

/** The labels of all namespaces that are made, by their name; each has its name as a label. */
export function namespacesOf(objects: readonly KubeObject[]): Map<string, Labels> {
  const made = objects.filter(({ kind }) => kind === 'Namespace');
  return new Map(
    made.map(({ metadata: { name, labels } }) => [
      name,
      { ...labels, 'kubernetes.io/metadata.name': name },
    ]),
  );
}

/** Whether the connection comes about. */
export function isAllowed(
  connection: Connection,
  policies: readonly Policy[],
  namespaces: ReadonlyMap<string, Labels>,
): boolean {
  const agrees = (own: End, other: End, direction: Direction): boolean => {
    const selecting = policies.filter((policy) => selects(policy, own, direction));
    const lets = ({ metadata, spec }: Policy): boolean =>
      (direction === 'Ingress'
        ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
      ).some(
        ({ peers = [], ports }) =>
          fitsPort(ports, connection) &&
          (peers.length === 0 ||
            peers.some((peer) => fitsPeer(peer, other, metadata.namespace, namespaces))),
      );
    return selecting.length === 0 || selecting.some(lets);
  };
  const { from, to } = connection;
  return agrees(from, to, 'Egress') && agrees(to, from, 'Ingress');
}

function selects({ metadata, spec }: Policy, end: End, direction: Direction): boolean {
  if (end === 'outside' || metadata.namespace !== end.namespace) return false;
  return spec.policyTypes.includes(direction) && fits(spec.podSelector, end.labels);
}

function fitsPort(
  ports: readonly V1NetworkPolicyPort[] | undefined,
  { port, protocol = 'TCP' }: Connection,
): boolean {
  if (!ports?.length) return true;
  return ports.some((one) => (one.protocol ?? 'TCP') === protocol && Number(one.port) === port);
}

function fitsPeer(
  { podSelector, namespaceSelector, ipBlock }: V1NetworkPolicyPeer,
  end: End,
  own: string,
  namespaces: ReadonlyMap<string, Labels>,
): boolean {
  if (ipBlock) throw new Error('blocks of addresses are not looked at here');
  if (end === 'outside') return false;
  const isThere = namespaceSelector
    ? fits(namespaceSelector, namespaces.get(end.namespace) ?? {})
    : end.namespace === own;
  return isThere && fits(podSelector, end.labels);
}

function fits(selector: V1LabelSelector | undefined, labels: Labels): boolean {
  if (selector?.matchExpressions) throw new Error('expressions are not looked at here');
  return Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
}
