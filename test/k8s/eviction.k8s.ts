import { ApiException, type V1Pod } from '@kubernetes/client-node';
import { ended, nameOf, secondsOf, steady } from './support/example';
import { figure } from './support/figures';
import { kube } from './support/kube';
import { countsOf, expectNothingLost, underLoad } from './support/load';

/** As `kubectl drain` asks for one. */
function evict(pod: V1Pod): Promise<unknown> {
  const metadata = { namespace: 'example', name: nameOf(pod) };
  return kube().core.createNamespacedPodEviction({ ...metadata, body: { metadata } });
}

test('an evicted pod drains without a loss, and the budget makes the next one wait', async () => {
  const [first, second] = (await steady(2)) as [V1Pod, V1Pod];
  const result = await underLoad(async () => {
    await evict(first);
    const refusal: unknown = await evict(second).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiException);
    expect((refusal as ApiException<unknown>).code).toBe(429);
    const ending = await ended(first);
    expect(ending.reason).toBe('DrainReleased');
    figure('eviction', { 'drain s': secondsOf(ending) });
    await steady(2);
  });
  figure('eviction', countsOf(result));
  expectNothingLost(result);
});
