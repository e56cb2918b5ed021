/** Leases: whoever holds one lets go before the registry does, whatever the network and the clocks do. */
import fc from 'fast-check';
import { leaseHeldUntilMs } from '../../core/lease';

test('the holder lets go before the registry, under any delay and clocks that differ by up to five percent', () => {
  const rate = fc.double({ min: 0.975, max: 1.025, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 500, max: 300_000 }),
      fc.integer({ min: 0, max: 600_000 }),
      fc.double({ min: 0, max: 1e12, noNaN: true }),
      rate,
      rate,
      (leaseMs, delayMs, sentMs, holderRate, registryRate) => {
        const heldForMs = (leaseHeldUntilMs(sentMs, leaseMs) - sentMs) / holderRate;
        const grantedForMs = delayMs + leaseMs / registryRate;
        expect(heldForMs).toBeLessThan(grantedForMs);
      },
    ),
  );
});

test('a renewal never shortens a lease', () => {
  const time = fc.double({ min: 0, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(time, time, fc.integer({ min: 500, max: 300_000 }), (a, b, leaseMs) => {
      const [earlier, later] = a < b ? [a, b] : [b, a];
      const held = (sentMs: number) => leaseHeldUntilMs(sentMs, leaseMs);
      expect(held(later)).toBeGreaterThanOrEqual(held(earlier));
    }),
  );
});

test('with the defaults, a renewal each second may fail once without a gap', () => {
  expect(leaseHeldUntilMs(0, 3000)).toBeGreaterThan(2000 + 500);
});
