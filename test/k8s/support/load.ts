/** Owns what clients see meanwhile. Invariant: every request of the load is judged. */
import { startLoadProcess } from '../../../load/load-process';
import type { LoadOptions } from '../../../load/options';
import type { LoadResult } from '../../../load/result';
import { waitFor } from '../../../harness/wait';
import { stage } from './facts';
import { kube } from './kube';

const UPLOADS = 2;

/**
 * Runs `act` under GETs, small POSTs and uploads of 50 MB over both gateways, and until each upload that was
 * under way has ended.
 */
export async function underLoad(
  act: () => Promise<void>,
  others: Partial<LoadOptions> = {},
): Promise<LoadResult> {
  const load = await startLoadProcess({
    urls: stage().gateways,
    ...{ getRate: 40, postRate: 10 },
    ...{ uploads: UPLOADS, uploadMb: 50, uploadRate: 10_000_000 },
    seed: Date.now() % 1000,
    ...others,
  });
  try {
    await waitFor('the load', () => load.snapshot().uploadsInFlight.length === UPLOADS);
    await act();
  } finally {
    await load.stop();
  }
  return load.stop();
}

/**
 * For gateways that go themselves, in the cluster: through their Service. Each client comes anew, as through a balancer,
 * for a kept connection may end with its gateway at any time. An upload takes longer than `kong quit` waits before it begins.
 */
export async function throughService(): Promise<Partial<LoadOptions>> {
  const service = await kube().core.readNamespacedService({ namespace: 'kong', name: 'proxy' });
  const url = `http://${service.spec?.clusterIP ?? ''}`;
  return { urls: [url], freshShare: 1, uploadRate: 2_000_000 };
}

/** Nothing failed, nothing was cut or came out otherwise than it went in. */
export function expectNothingLost(result: LoadResult): void {
  expect(result.errors).toEqual({});
  expect(result).toMatchObject({ failed: 0, cut: 0, corrupt: 0 });
  expect(result.gets).toBeGreaterThan(0);
  expect(result.posts).toBeGreaterThan(0);
  expect(result.uploads).toBeGreaterThan(0);
}

/** For the figures. */
export function countsOf({ gets, posts, uploads, failed, cut, corrupt, latencyMs }: LoadResult) {
  const counts = { GETs: gets, POSTs: posts, uploads, failed, cut, corrupt };
  return { ...counts, 'GET p99 ms': Math.round(latencyMs.p99) };
}
