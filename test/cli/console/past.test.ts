/** The past drains that a page knows: without a hole, and none that the registry has forgotten. */
import { rejoined, withNewer, withOlder } from '../../../cli/console/page/model';
import type { Past, WireDrain } from '../../../cli/console/page/wire';
import { EndedDrains } from '../../../cli/console/sight/drains';
import { cleanUp, realRedis, registryWithClock } from '../../registry/redis';
import { drainEntry, serving } from '../../registry/statements';

afterAll(cleanUp);

function drains(from: number, to: number): WireDrain[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const { timeline: _timeline, ...entry } = drainEntry('10.1.0.1:8080');
    return { ...entry, pool: 'rt', number: from + index, endedMs: from + index };
  });
}

const past = (from: number, to: number, older: boolean): Past => ({
  drains: drains(from, to),
  older,
});
const numbers = ({ drains }: Past) => drains.map(({ number }) => number);
const upTo = (from: number, to: number) => drains(from, to).map(({ number }) => number);

test('a page that comes again and missed few goes on with all that it knew', () => {
  const again = rejoined(past(1, 100, false), past(80, 119, true));
  expect(numbers(again)).toEqual(upTo(1, 119));
  // All is loaded: there is nothing to ask for.
  expect(again.older).toBe(false);
});

test('one that missed more than it is told has no hole: what was before it is asked for again', () => {
  const again = rejoined(past(1, 100, false), past(150, 189, true));
  expect(numbers(again)).toEqual(upTo(150, 189));
  expect(again.older).toBe(true);
  const all = withOlder(again, past(50, 149, true));
  expect([numbers(all), all.older]).toEqual([upTo(50, 189), true]);
  expect(withOlder(all, past(1, 49, false))).toEqual(past(1, 189, false));
});

test('where the last drains are all that are kept, a page knows no others', () => {
  expect(rejoined(past(1, 100, true), past(90, 100, false))).toEqual(past(90, 100, false));
});

test('drains that end are added once, and older ones remain to be asked for', () => {
  const known = withNewer(past(10, 49, true), drains(49, 51));
  expect([numbers(known), known.older]).toEqual([upTo(10, 51), true]);
});

test('a page that is full asks for no older ones', () => {
  const full = withOlder(past(1000, 2999, true), past(900, 999, true));
  expect([numbers(full), full.older]).toEqual([upTo(1000, 2999), false]);
});

describe('the drains that the console holds', () => {
  const DAY_MS = 24 * 3600 * 1000;
  let clock: Awaited<ReturnType<typeof registryWithClock>>;

  beforeAll(async () => {
    clock = await registryWithClock((await realRedis()).url);
  });

  test('are those that the registry keeps, by number and by age', async () => {
    const { registry, set } = clock;
    const ended = new EndedDrains();
    const history = registry.history('rt');
    const { run } = await registry.pool('rt').announce(serving({ fence: 1 }));
    const expectSame = async (first: number, last: number) => {
      await ended.read(registry, 'rt', run);
      const kept = await history.last(1000);
      expect(kept.map(({ number }) => number)).toEqual(upTo(first, last));
      expect(ended.all.map(({ number }) => number)).toEqual(upTo(first, last));
    };
    await history.record(drainEntry('10.1.0.1:8080'));
    await expectSame(1, 1);
    for (let number = 2; number <= 203; number++) await history.record(drainEntry('10.1.0.1:8080'));
    await expectSame(4, 203);
    expect(ended.find('rt', 3)).toBeUndefined();
    await set(1_700_000_000_000 + 8 * DAY_MS);
    for (let number = 204; number <= 223; number++) {
      await history.record(drainEntry('10.1.0.1:8080'));
    }
    await expectSame(204, 223);
  });

  test('go with their pool', async () => {
    const ended = new EndedDrains();
    await clock.registry.history('shop').record(drainEntry('10.1.0.1:8080'));
    await ended.read(clock.registry, 'shop', 'a run');
    expect(ended.all).toHaveLength(1);
    ended.keepOnly(['rt']);
    expect(ended.all).toEqual([]);
  });
});
