import type { V1Pod } from '@kubernetes/client-node';
import { deletePod, ended, eventOf, nameOf, secondsOf, steady } from './support/example';
import { figure } from './support/figures';
import { holdOpen } from './support/held-open';
import { countsOf, expectNothingLost, underLoad } from './support/load';

/** What a spot node leaves its pods. */
const GRACE_SECONDS = 15;

test('a pod that gets 15 s drains within them, without a loss', async () => {
  const [pod] = (await steady(2)) as [V1Pod];
  const result = await underLoad(async () => {
    await deletePod(pod, GRACE_SECONDS);
    expect((await eventOf(pod, ['DrainBegun'])).message).toContain('15 s of grace');
    const ending = await ended(pod);
    expect(ending.reason).toBe('DrainReleased');
    expect(secondsOf(ending)).toBeLessThan(GRACE_SECONDS);
    figure('15 s of grace', { 'drain s': secondsOf(ending) });
    await steady(2);
  });
  figure('15 s of grace', countsOf(result));
  expectNothingLost(result);
});

test('a WebSocket that does not end in 15 s is closed in time for the runtime to say so, and named; nothing else is lost', async () => {
  const pods = await steady(2);
  const held = await holdOpen(pods);
  const pod = pods.find((one) => nameOf(one) === held.pod)!;
  const result = await underLoad(async () => {
    await deletePod(pod, GRACE_SECONDS);
    const ending = await ended(pod);
    expect(ending.reason).toBe('DrainReleased');
    expect(ending.message).toContain('1 long connection(s) closed knowingly');
    expect(secondsOf(ending)).toBeLessThan(GRACE_SECONDS);
    figure('15 s of grace, a WebSocket beyond', { 'drain s': secondsOf(ending) });
    await steady(2);
  });
  await held.close();
  expectNothingLost(result);
});
