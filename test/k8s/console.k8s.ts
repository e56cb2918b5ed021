import type { V1Pod } from '@kubernetes/client-node';
import { httpGet } from '../../harness/http-get';
import { waitFor } from '../../harness/wait';
import { listening, withConsole } from './support/console';
import { deletePod, ended, nameOf, steady } from './support/example';
import { countsOf, expectNothingLost, underLoad } from './support/load';
import { figure } from './support/figures';

const wait = { timeoutMs: 30_000, everyMs: 100 };

test('the console of deploy/components, whose user of Redis only reads, shows a drain as it goes', async () => {
  const pods = await steady(2);
  const [pod] = pods as [V1Pod];
  const name = nameOf(pod);
  await withConsole(async (url) => {
    const page = await httpGet(url, { timeoutMs: 5000 });
    expect(page.status).toBe(200);
    const files = [...page.body.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const { status } = await httpGet(new URL(file ?? '', url).href, { timeoutMs: 5000 });
      expect([file, status]).toEqual([file, 200]);
    }

    const result = await underLoad(() =>
      listening(url, async (told) => {
        const whole = await waitFor('the whole', () => told.whole[0], wait);
        expect(whole).toMatchObject({ orders: false, registry: { reachable: true } });
        const rt = whole.pools.find(({ head }) => head.pool === 'rt');
        const shown = (rt?.targets ?? []).filter(({ state }) => state === 'serving');
        expect(shown.map(({ pod }) => pod).sort()).toEqual(pods.map(nameOf).sort());
        expect(rt?.gateways.filter(({ lease }) => lease === 'live')).toHaveLength(2);

        await deletePod(pod);
        await ended(pod);
        const drain = () => told.drains.flat().find((one) => one.pod === name);
        expect(await waitFor('the drain', drain, wait)).toMatchObject({ outcome: 'released' });
        const states = told.change
          .flatMap(({ pools }) => pools.flatMap(({ targets }) => targets))
          .filter((target) => target.pod === name)
          .map(({ state }) => state);
        expect(states).toContain('draining');
        expect(states.at(-1)).toBe('gone');
        await steady(2);
      }),
    );
    figure('console', countsOf(result));
    expectNothingLost(result);
  });
});
