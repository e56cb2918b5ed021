import { X509Certificate } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { sleep } from '../../harness/wait';
import { barePod, dryRun, isInjected } from './support/bare-pod';
import { replicas, served } from './support/certificates';
import { stage } from './support/facts';
import { figure } from './support/figures';
import { kube } from './support/kube';
import { LIVES } from './support/overlays';

/** Both lives, and some for the rounds in which they are looked after. */
const RENEWED_MS = (LIVES.authorityMinutes + LIVES.servingMinutes) * 60_000;

test(
  'certificate and authority are renewed under the webhook: no restart, no pod without its sidecar',
  async () => {
    const before = await replicas();
    const seen = await Promise.all(before.map(serialOf));
    const first = new X509Certificate(stage().firstAuthority);
    const pod = await barePod('dry-run');
    const isRenewed = async (replica: V1Pod, index: number): Promise<boolean> => {
      const certificate = await served(replica);
      return certificate.serialNumber !== seen[index] && !certificate.verify(first.publicKey);
    };

    const deadlineMs = Date.now() + RENEWED_MS;
    let reviews = 0;
    let renewed = false;
    while (!renewed && Date.now() < deadlineMs) {
      expect(isInjected(await dryRun(pod))).toBe(true);
      reviews++;
      renewed = (await Promise.all(before.map(isRenewed))).every(Boolean);
      await sleep(500);
    }
    figure('certificates', { replicas: before.length, 'reviews meanwhile': reviews });
    expect(renewed).toBe(true);
    const after = await Promise.all(before.map(({ metadata }) => read(metadata?.name ?? '')));
    const restarts = after.map(({ status }) => status?.containerStatuses?.[0]?.restartCount);
    expect(restarts).toEqual(before.map(() => 0));
  },
  RENEWED_MS + 60_000,
);

const serialOf = async (replica: V1Pod): Promise<string> => (await served(replica)).serialNumber;

const read = (name: string): Promise<V1Pod> =>
  kube().core.readNamespacedPod({ namespace: 'kong-drain', name });
