/**
 * Owns how a gateway that knows its zone divides its requests among the zones' targets.
 * Invariant: where every gateway has the same traffic and does so, every target gets the same, and no request leaves its
 * zone that could stay (as Envoy's zone-aware routing does it).
 */

/** By target; relative to one another. */
export type Shares = Readonly<Record<string, number>>;

const PRECISION = 10_000;

/**
 * The shares for a gateway in zone `own`; undefined where it makes no difference: no target is there, or all are.
 * `gateways`: the zone of each live one, this one too; those without a zone send to all targets alike. `targets`: the zone
 * of each serving one; those without a zone take what others have no room for.
 */
export function zoneShares(
  own: string,
  gateways: readonly (string | undefined)[],
  targets: ReadonlyMap<string, string | undefined>,
): Shares | undefined {
  const room = tally([...targets.values()]);
  const need = tally(gateways.filter((zone) => zone !== undefined));
  const here = room.get(own) ?? 0;
  if (here === 0 || here === targets.size) return undefined;
  const needed = (zone: string | undefined): number =>
    zone === own ? (need.get(zone) ?? 1) : (need.get(zone) ?? 0);
  const all = [...new Set([own, ...need.keys()])].reduce((sum, zone) => sum + needed(zone), 0);
  const part = (zone: string | undefined): number => (room.get(zone) ?? 0) / targets.size;
  const left = (zone: string | undefined): number => Math.max(0, part(zone) - needed(zone) / all);
  const stays = Math.min(1, part(own) / (needed(own) / all));
  const leftInAll = [...room.keys()].reduce((sum, zone) => sum + left(zone), 0);
  const goes = (zone: string | undefined): number => {
    if (zone === own) return stays;
    return stays === 1 ? 0 : ((1 - stays) * left(zone)) / leftInAll;
  };
  const share = (zone: string | undefined): number => goes(zone) / part(zone);
  return Object.fromEntries(
    [...targets].map(([id, zone]) => [id, Math.round(share(zone) * PRECISION) / PRECISION]),
  );
}

function tally(zones: readonly (string | undefined)[]): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const zone of zones) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return counts;
}
