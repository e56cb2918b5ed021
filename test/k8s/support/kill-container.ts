/** Owns a SIGKILL to a container, as the kernel gives one that uses too much memory: from the node, behind its back. */
import type { V1Pod } from '@kubernetes/client-node';
import { waitFor } from '../../../harness/wait';
import { nameOf } from './example';
import { kube } from './kube';
import { readSettings } from './settings';

const namespace = 'kong-drain-e2e';

/** In a pod that sees the node's processes; the sidecar's user may signal the sidecar. */
const SCRIPT = `
const fs = require('node:fs');
const id = process.argv[1];
let killed = 0;
for (const pid of fs.readdirSync('/proc').filter((entry) => /^[0-9]+$/.test(entry))) {
  let groups = '';
  try { groups = fs.readFileSync('/proc/' + pid + '/cgroup', 'utf8'); } catch { continue; }
  if (!groups.includes(id)) continue;
  process.kill(Number(pid), 'SIGKILL');
  killed++;
}
process.exit(killed > 0 ? 0 : 1);
`;

/** Kills the container's processes; resolves when they got the signal. */
export async function killContainer(pod: V1Pod, container: string): Promise<void> {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const status = [...initContainerStatuses, ...containerStatuses].find(
    ({ name }) => name === container,
  );
  const id = status?.containerID?.split('//')[1] ?? '';
  const name = `kill-${nameOf(pod)}`;
  await kube().core.createNamespacedPod({
    namespace,
    body: {
      metadata: { name },
      spec: {
        restartPolicy: 'Never',
        hostPID: true,
        ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
        securityContext: { runAsUser: 1000 },
        containers: [
          {
            name: 'kill',
            image: readSettings(process.env).image,
            imagePullPolicy: 'IfNotPresent',
            command: ['node', '-e', SCRIPT, id],
          },
        ],
      },
    },
  });
  const hasKilled = async (): Promise<boolean> => {
    const { status } = await kube().core.readNamespacedPod({ namespace, name });
    if (status?.phase === 'Failed') throw new Error(`found no process of ${container}`);
    return status?.phase === 'Succeeded';
  };
  await waitFor(`${name} to have killed`, hasKilled, { timeoutMs: 60_000, everyMs: 100 });
}
