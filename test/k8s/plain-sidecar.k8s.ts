import type { V1Pod } from '@kubernetes/client-node';
import { allPods, changeTemplate, ended, rollOut, secondsOf, steady } from './support/example';
import { figure, spread } from './support/figures';
import { countsOf, expectNothingLost, underLoad } from './support/load';
import { SIDECAR } from './support/sidecar-of';

const asked = (kind: 'plain' | null) =>
  changeTemplate({ metadata: { annotations: { 'kong-drain.dev/sidecar': kind } } });

const hasPlain = ({ spec }: V1Pod): boolean =>
  spec?.containers.some(({ name }) => name === SIDECAR) ?? false;

afterAll(async () => {
  await asked(null);
  await steady(2);
});

test('pods with a plain sidecar, which the kubelet ends together with the runtime, roll without a loss', async () => {
  await steady(2);
  const result = await underLoad(async () => {
    await asked('plain');
    const plain = await steady(2);
    expect(plain.map(hasPlain)).toEqual([true, true]);
    const old = await allPods();
    await rollOut();
    const endings = await Promise.all(old.map((pod) => ended(pod)));
    expect(endings.map(({ reason }) => reason)).toEqual(['DrainReleased', 'DrainReleased']);
    for (const { message } of endings) expect(message).toContain('2 gateways)');
    figure('plain sidecar', { 'drain max s': spread(endings.map(secondsOf)).max });
    await steady(2);
  });
  figure('plain sidecar', countsOf(result));
  expectNothingLost(result);
});
