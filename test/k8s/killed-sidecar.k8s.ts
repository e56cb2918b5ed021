import type { V1Pod } from '@kubernetes/client-node';
import { waitFor } from '../../harness/wait';
import { again, deletePod, ended, registered, steady } from './support/example';
import { figure } from './support/figures';
import { SIDECAR, sidecarOf } from './support/sidecar-of';
import { signalContainer } from './support/signal-container';
import { countsOf, expectNothingLost, underLoad } from './support/load';

const SIGKILLED = 137;

test('a killed sidecar comes back and announces its pod, which then drains as any other', async () => {
  const [pod] = (await steady(2)) as [V1Pod];
  const result = await underLoad(async () => {
    const restarts = sidecarOf(pod)?.restartCount ?? 0;
    await signalContainer(pod, SIDECAR, 'SIGKILL');
    const isBack = async () => {
      const sidecar = sidecarOf(await again(pod));
      const state = await registered(pod);
      return (sidecar?.restartCount ?? 0) > restarts && state === 'serving' && sidecar;
    };
    const wait = { timeoutMs: 60_000, everyMs: 100 };
    const sidecar = await waitFor('the sidecar to be back', isBack, wait);
    expect(sidecar.lastState?.terminated?.exitCode).toBe(SIGKILLED);
    await deletePod(pod);
    expect((await ended(pod)).reason).toBe('DrainReleased');
    await steady(2);
  });
  figure('killed sidecar', countsOf(result));
  expectNothingLost(result);
});
