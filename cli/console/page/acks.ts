/** Owns how a drain's acks are written. Invariant: pure; whoever holds the drain comes by name before whoever is only counted. */
import type { Hold, WireGateway } from './wire';

const CHIPS_MAX = 3;

/** Who has let go, who not, by name while they are few: each a class and its words. */
export function chipsOf(
  holds: readonly Hold[],
  gateways: readonly WireGateway[],
): [string, string][] {
  const held = new Map(holds.map((hold) => [hold.gateway, hold]));
  const free = gateways.filter(({ gateway }) => !held.has(gateway));
  const chips = holds.map((hold): [string, string] =>
    hold.why === 'not-acked'
      ? [hold.why, `… ${hold.gateway} not acked`]
      : [
          hold.why,
          `✓ ${hold.gateway}, ${hold.inFlight} in flight${hold.streams ? `, ${hold.streams} streaming` : ''}`,
        ],
  );
  const few = gateways.length <= CHIPS_MAX;
  return [
    ...(few
      ? free.map(({ gateway }): [string, string] => ['acked', `✓ ${gateway}`])
      : free.length > 0
        ? [['acked', `✓ ${free.length} acked`] as [string, string]]
        : []),
    ...(few ? chips : chips.slice(0, CHIPS_MAX)),
    ...(few || chips.length <= CHIPS_MAX
      ? []
      : [['not-acked', `and ${chips.length - CHIPS_MAX} more`] as [string, string]]),
  ];
}
