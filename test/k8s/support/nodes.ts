/** Owns the nodes that take pods, and one's leave as for an upgrade. Invariant: only pods of these tests are evicted. */
import type { V1Node } from '@kubernetes/client-node';
import { kube, kubectl } from './kube';
import { LABEL } from './overlays';

/** Of kubectl, which waits for each pod that it evicts to be gone. */
const DRAIN = '170s';

/** By name: neither cordoned nor tainted. */
export async function nodesForPods(): Promise<string[]> {
  const { items } = await kube().core.listNode();
  return items.filter(takesPods).map(({ metadata }) => metadata?.name ?? '');
}

export function takesPods({ spec }: V1Node): boolean {
  const taints = spec?.taints ?? [];
  return !spec?.unschedulable && taints.every(({ effect }) => effect === 'PreferNoSchedule');
}

/** As one does before an upgrade; resolves when the node is empty of what these tests have there, and still cordoned. */
export async function drainNode(node: string): Promise<void> {
  const ours = `--pod-selector=${LABEL}=true`;
  await kubectl(
    'drain',
    node,
    '--ignore-daemonsets',
    '--delete-emptydir-data',
    ours,
    `--timeout=${DRAIN}`,
  );
}

export async function uncordon(node: string): Promise<void> {
  await kubectl('uncordon', node);
}
