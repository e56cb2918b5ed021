import { waitFor } from '../../harness/wait';
import { barePod, create, isInjected } from './support/bare-pod';
import { again, deletePod, eventOf, steady } from './support/example';
import { figure } from './support/figures';
import { kubectl } from './support/kube';
import { countsOf, expectNothingLost, underLoad } from './support/load';

const INJECTOR = ['-n', 'kong-drain'];
const REPLICAS = 'app.kubernetes.io/name=kong-drain-injector';

async function scaleInjector(count: number): Promise<void> {
  await kubectl(...INJECTOR, 'scale', 'deployment/kong-drain-injector', `--replicas=${count}`);
  await kubectl(...INJECTOR, 'rollout', 'status', 'deployment/kong-drain-injector');
}

afterAll(() => scaleInjector(2));

test('without the injector pods start, without their sidecar, which is told when it is back', async () => {
  await steady(2);
  const result = await underLoad(async () => {
    await scaleInjector(0);
    // Until its process has ended it goes on answering.
    await kubectl(...INJECTOR, 'wait', '--for=delete', 'pod', '-l', REPLICAS, '--timeout=60s');

    const askedMs = Date.now();
    const pod = await create(await barePod('while-the-injector-is-down'));
    figure('injector down', { 'admission ms': Date.now() - askedMs });
    expect(isInjected(pod)).toBe(false);
    const isReady = async () =>
      (await again(pod))?.status?.containerStatuses?.every(({ ready }) => ready);
    await waitFor('the pod to be ready', isReady, { timeoutMs: 60_000, everyMs: 200 });
    figure('injector down', { 'pod ready s': (Date.now() - askedMs) / 1000 });

    await scaleInjector(2);
    const { message } = await eventOf(pod, ['SidecarMissing']);
    expect(message).toContain('no sidecar, no drain');
    await deletePod(pod, 0);
  });
  figure('injector down', countsOf(result));
  expectNothingLost(result);
});
