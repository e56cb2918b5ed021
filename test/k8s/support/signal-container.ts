/** Owns signals to a container from the node, behind its back: SIGKILL as the kernel gives one, SIGSTOP for one that hangs. */
import type { V1Pod } from '@kubernetes/client-node';
import { waitFor } from '../../../harness/wait';
import { nameOf } from './example';
import { kube } from './kube';
import { readSettings } from './settings';

const namespace = 'kong-drain-e2e';

/** In a pod that sees the node's processes; the sidecar's user may signal the sidecar. */
const SCRIPT = `
const fs = require('node:fs');
const [, id, signal] = process.argv;
let signalled = 0;
for (const pid of fs.readdirSync('/proc').filter((entry) => /^[0-9]+$/.test(entry))) {
  let groups = '';
  try { groups = fs.readFileSync('/proc/' + pid + '/cgroup', 'utf8'); } catch { continue; }
  if (!groups.includes(id)) continue;
  process.kill(Number(pid), signal);
  signalled++;
}
process.exit(signalled > 0 ? 0 : 1);
`;

/** Signals the container's processes; resolves when they got it. */
export async function signalContainer(
  pod: V1Pod,
  container: string,
  signal: 'SIGKILL' | 'SIGSTOP',
): Promise<void> {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const status = [...initContainerStatuses, ...containerStatuses].find(
    ({ name }) => name === container,
  );
  const id = status?.containerID?.split('//')[1] ?? '';
  const name = `${signal.toLowerCase()}-${nameOf(pod)}`;
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
            name: 'signal',
            image: readSettings(process.env).image,
            imagePullPolicy: 'IfNotPresent',
            command: ['node', '-e', SCRIPT, id, signal],
          },
        ],
      },
    },
  });
  const hasSignalled = async (): Promise<boolean> => {
    const { status } = await kube().core.readNamespacedPod({ namespace, name });
    if (status?.phase === 'Failed') throw new Error(`found no process of ${container}`);
    return status?.phase === 'Succeeded';
  };
  await waitFor(`${name} to be done`, hasSignalled, { timeoutMs: 60_000, everyMs: 100 });
}
