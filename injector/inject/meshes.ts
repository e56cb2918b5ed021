/**
 * Owns how the hook gets round a service mesh: the kubelet calls the sidecar in plain HTTP, which a mesh that asks for
 * mutual TLS refuses. The annotations are inert where there is no mesh, and must be there before the mesh's own webhook
 * runs (webhooks run in the order of their configurations' names).
 * Sources: istio.io/latest/docs/reference/config/annotations, linkerd.io/2/reference/proxy-configuration.
 */
import type { PodEdit } from './pod-edit';

const SKIPPED_INBOUND_PORTS = [
  'traffic.sidecar.istio.io/excludeInboundPorts',
  'config.linkerd.io/skip-inbound-ports',
];

/** Adds the sidecar's port to the ports that meshes leave alone. */
export function excludeFromMeshes(edit: PodEdit, sidecarPort: number): void {
  for (const annotation of SKIPPED_INBOUND_PORTS) {
    const given = edit.pod.metadata?.annotations?.[annotation] ?? '';
    const ports = given.split(',').map((port) => port.trim());
    if (ports.includes(String(sidecarPort))) continue;
    const all = [...ports.filter((port) => port !== ''), sidecarPort];
    edit.set(['metadata', 'annotations', annotation], all.join(','));
  }
}
