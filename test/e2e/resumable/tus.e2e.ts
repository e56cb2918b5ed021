/** Uploads that cannot finish in their pod's grace period go on at another one, by the tus protocol and its own client. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Upload } from 'tus-js-client';
import { httpGet } from '../../../harness/http-get';
import type { Pod } from '../../../harness/pod';
import { waitFor } from '../../../harness/wait';
import type { DrainSummary } from '../../../sidecar/timeline';
import { withFleet } from '../support/fleet';
import { slowLink } from '../support/slow-link';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'tus-'))));
afterEach(() => rmSync(directory, { recursive: true }));

interface Course {
  readonly url: string;
  /** Upload-Offset of each PATCH, in order. */
  readonly offsets: readonly number[];
  /** Those that answered. */
  readonly pods: ReadonlySet<string>;
}

/** Uploads by the standard client; rejects when that gives up. */
function uploadTo(
  gatewayUrl: string,
  body: Buffer,
  options: { readonly chunkSize?: number; readonly retryDelays: number[] },
): Promise<Course> {
  const offsets: number[] = [];
  const pods = new Set<string>();
  return new Promise((resolve, reject) => {
    const upload = new Upload(body, {
      endpoint: `${gatewayUrl}/files`,
      ...options,
      onBeforeRequest: (request) => {
        if (request.getMethod() === 'PATCH')
          offsets.push(Number(request.getHeader('Upload-Offset')));
      },
      onAfterResponse: (_request, response) => {
        const pod = response.getHeader('x-pod');
        if (pod) pods.add(pod);
      },
      onSuccess: () => resolve({ url: upload.url ?? '', offsets, pods }),
      onError: reject,
    });
    upload.start();
  });
}

async function downloaded(url: string): Promise<Buffer> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** The pod that receives the upload. */
async function holder(pods: () => readonly Pod[]): Promise<Pod> {
  return waitFor('a pod with the upload', async () => {
    for (const pod of pods()) {
      const { body } = await httpGet(new URL('/inflight', pod.healthUrl).href, { timeoutMs: 1000 });
      if ((JSON.parse(body) as { uploads: number }).uploads > 0) return pod;
    }
    return false;
  });
}

test('50 MB streamed to the pods, cut three times by a grace period or a kill: it goes on elsewhere and is whole at the end', async () => {
  await withFleet(
    {
      ...{ mode: 'drain', pods: 2, unbuffered: true },
      // The first cut as a spot node gives it, the later ones sooner.
      graceSeconds: (podNumber) => (podNumber <= 2 ? 15 : 4),
      sidecarEnv: { DRAIN_RESERVE_SECONDS: '2' },
      runtimeEnv: { RT_TUS_DIR: directory },
    },
    async (fleet) => {
      const gateway = fleet.gateways[0]!.proxyUrl;
      const link = await slowLink(gateway, 1_300_000);
      const body = randomBytes(50_000_000);
      const upload = uploadTo(link.url, body, { retryDelays: [0, 200, 500, 1000, 2000, 5000] });
      upload.catch(() => undefined); // awaited below

      const cutByGrace = async (): Promise<string> => {
        const pod = await holder(() => fleet.pods());
        await fleet.addPod();
        const { hook } = await fleet.deletePod(pod);
        expect(hook).toMatchObject({ ok: true, status: 200 });
        const summary = hook!.body as DrainSummary;
        expect(summary).toMatchObject({ outcome: 'cut', cutRequests: [{ inFlight: 1 }] });
        // The sidecar said so long before: 50 MB do not come in that time.
        const told = summary.timeline.find(({ event }) => event === 'forecast');
        expect(told).toMatchObject({
          inTime: 0,
          late: [{ expectedBytes: expect.any(Number) as number }],
        });
        expect(told!.atMs).toBeLessThan(summary.totalMs);
        return pod.name;
      };
      const cutByKill = async (): Promise<string> => {
        const pod = await holder(() => fleet.pods());
        await fleet.addPod();
        await pod.runtime.stop({ signal: 'SIGKILL' });
        await fleet.deletePod(pod);
        return pod.name;
      };
      const cut = [await cutByGrace(), await cutByKill(), await cutByGrace()];

      const { url, offsets } = await upload;
      expect(new Set(cut).size).toBe(3);
      // Each cut is followed by a PATCH that begins where the directory ends.
      expect(new Set(offsets).size).toBeGreaterThanOrEqual(4);
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
      expect(sha256(await downloaded(url.replace(link.url, gateway)))).toBe(sha256(body));
      await link.close();
    },
  );
}, 120_000);

test.each([
  ['', {}, 3],
  [' (sessions by address)', { policy: 'hash', hash_on: 'ip' }, 2],
])(
  'small PATCHes through a rollout%s: each is answered by a pod that serves, none is repeated',
  async (_, drain, podsAtLeast) => {
    await withFleet(
      { mode: 'drain', pods: 2, gateways: 2, drain, runtimeEnv: { RT_TUS_DIR: directory } },
      async (fleet) => {
        const gateway = fleet.gateways[0]!.proxyUrl;
        const link = await slowLink(gateway, 3_000_000);
        const body = randomBytes(20_000_000);
        const chunkSize = 250_000;
        // Without retries the first failure would end it.
        const upload = uploadTo(link.url, body, { chunkSize, retryDelays: [] });
        upload.catch(() => undefined); // awaited below
        for (const { hook } of (await fleet.roll()).deletions) {
          expect(hook).toMatchObject({ body: { outcome: 'released' } });
        }
        const { url, offsets, pods } = await upload;
        expect(offsets).toEqual(Array.from({ length: 80 }, (_, index) => index * chunkSize));
        expect(pods.size).toBeGreaterThanOrEqual(podsAtLeast);
        expect(sha256(await downloaded(url.replace(link.url, gateway)))).toBe(sha256(body));
        await link.close();
      },
    );
  },
  120_000,
);
