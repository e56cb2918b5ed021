import fc from 'fast-check';
import { zoneShares } from '../../core/zones';

const named = (zones: readonly (string | undefined)[]): Map<string, string | undefined> =>
  new Map(zones.map((zone, i) => [`10.0.0.${i}:80`, zone]));

test('with as many targets as gateways in each zone nothing leaves its zone', () => {
  const shares = zoneShares('a', ['a', 'b', 'a', 'b'], named(['a', 'b', 'b', 'a']))!;
  expect(Object.values(shares)).toEqual([2, 0, 0, 2]);
});

test('a zone that is short keeps what its targets can take, and sends the rest where there is room', () => {
  // Half of the traffic, a quarter of the targets: half of it stays. b has all the room that is left.
  const targets = named(['a', 'b', 'b', 'c']);
  expect(zoneShares('a', ['a', 'a', 'b', 'c'], targets)).toEqual({
    ...{ '10.0.0.0:80': 2, '10.0.0.1:80': 1, '10.0.0.2:80': 1, '10.0.0.3:80': 0 },
  });
});

test('where there is no target in the zone, or none outside, all are the same', () => {
  expect(zoneShares('a', ['a', 'b'], named(['b', 'c', undefined]))).toBeUndefined();
  expect(zoneShares('a', ['a', 'b'], named(['a', 'a']))).toBeUndefined();
  expect(zoneShares('a', ['a'], named([]))).toBeUndefined();
});

test('a gateway that the registry does not show yet counts as one of its zone', () => {
  expect(zoneShares('a', [], named(['a', 'b']))).toEqual(zoneShares('a', ['a'], named(['a', 'b'])));
});

const zone = fc.constantFrom('a', 'b', 'c');
const known = fc.array(zone, { minLength: 1, maxLength: 12 });

/** What each target gets of the traffic of all gateways, each of which has the same. */
function loads(gateways: readonly string[], targets: ReadonlyMap<string, string | undefined>) {
  const got = new Map([...targets.keys()].map((id) => [id, 0]));
  for (const own of gateways) {
    const shares = zoneShares(own, gateways, targets);
    const weights = [...targets.keys()].map((id) => [id, shares?.[id] ?? 1] as const);
    const all = weights.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [id, weight] of weights) got.set(id, got.get(id)! + weight / all / gateways.length);
  }
  return [...got.values()];
}

test('where each zone of a gateway has targets, every target gets the same, within a thousandth', () => {
  fc.assert(
    fc.property(
      known,
      fc.array(fc.option(zone, { nil: undefined }), { maxLength: 12 }),
      (gateways, more) => {
        const targets = named([...new Set(gateways), ...more]);
        for (const load of loads(gateways, targets)) expect(load * targets.size).toBeCloseTo(1, 2);
      },
    ),
  );
});

test('nothing is sent away as long as there is room in the zone', () => {
  fc.assert(
    fc.property(known, known, (gateways, zones) => {
      const targets = named(zones);
      for (const own of new Set(gateways)) {
        const shares = zoneShares(own, gateways, targets);
        const part = zones.filter((at) => at === own).length / zones.length;
        const need = gateways.filter((at) => at === own).length / gateways.length;
        if (!shares || part < need) continue;
        for (const [id, at] of targets) if (at !== own) expect(shares[id]).toBe(0);
      }
    }),
  );
});
