import { allPods, ended, rollOut, secondsOf, steady, type Ending } from './support/example';
import { figure, spread } from './support/figures';
import { countsOf, expectNothingLost, underLoad } from './support/load';
import { readSettings } from './support/settings';

const { rollouts } = readSettings(process.env);
const TEST_MS = (rollouts + 1) * 120_000;

test(
  `${rollouts} rollouts in a row lose nothing, and each pod is released by the gateways' word`,
  async () => {
    await steady(2);
    const endings: Ending[] = [];
    const startMs = Date.now();
    const result = await underLoad(async () => {
      for (let number = 0; number < rollouts; number++) {
        const old = await allPods();
        await rollOut();
        endings.push(...(await Promise.all(old.map((pod) => ended(pod)))));
      }
    });
    const drains = spread(endings.map(secondsOf));
    figure(`${rollouts} rollouts`, {
      ...countsOf(result),
      ...{ pods: endings.length, 'drain p50 s': drains.p50, 'drain max s': drains.max },
      'rollout s': Math.round((Date.now() - startMs) / 1000 / rollouts),
    });
    expectNothingLost(result);
    expect(endings).toHaveLength(2 * rollouts);
    for (const { reason, message } of endings) {
      expect(reason).toBe('DrainReleased');
      expect(message).toContain('2 gateways)');
    }
  },
  TEST_MS,
);
