/** Owns what the page knows. Invariant: pure of the document; after each event it is what the server last looked at. */
import type {
  Change,
  Past,
  PoolChange,
  WireDrain,
  WireGateway,
  WireHead,
  WirePool,
  WireTarget,
  Whole,
} from './wire';

export interface PoolModel {
  head: WireHead;
  readonly targets: Map<string, WireTarget>;
  readonly gateways: Map<string, WireGateway>;
}

const DRAINS_MAX = 2000;

export function poolsOf({ pools }: Whole): Map<string, PoolModel> {
  return new Map(pools.map((pool) => [pool.head.pool, modelOf(pool)]));
}

function modelOf({ head, targets, gateways }: WirePool): PoolModel {
  return {
    head,
    targets: new Map(targets.map((one) => [one.target, one])),
    gateways: new Map(gateways.map((one) => [one.gateway, one])),
  };
}

/** Takes a change in, a pool that is new with it. */
export function applyChange(pools: Map<string, PoolModel>, { pools: changes }: Change): void {
  for (const change of changes) {
    const known = pools.get(change.pool);
    if (known) applyTo(known, change);
    else if (change.head) {
      const { head, targets, gateways } = change;
      pools.set(change.pool, modelOf({ head, targets, gateways }));
    }
  }
}

function applyTo(pool: PoolModel, { head, targets, gateways, forgotten }: PoolChange): void {
  if (head) pool.head = head;
  for (const one of targets) pool.targets.set(one.target, one);
  for (const one of gateways) pool.gateways.set(one.gateway, one);
  for (const id of forgotten.targets) pool.targets.delete(id);
  for (const id of forgotten.gateways) pool.gateways.delete(id);
}

/** What is known with drains that ended since: each once. */
export function withNewer(known: Past, newer: readonly WireDrain[]): Past {
  return merged(known, newer, known.older);
}

/** What is known with the page of the past before it. */
export function withOlder(known: Past, { drains, older }: Past): Past {
  return merged(known, drains, older);
}

/**
 * What is known with the last drains, as a connection begins. What was known before a hole between the two is let go: it
 * is asked for again. Where the last are all that there are, the others are no longer kept.
 */
export function rejoined(known: Past, last: Past): Past {
  const [first] = last.drains;
  const meets = first !== undefined && known.drains.some((one) => keyOf(one) === keyOf(first));
  return last.older && meets ? withNewer(known, last.drains) : last;
}

function merged(known: Past, more: readonly WireDrain[], older: boolean): Past {
  const all = new Map([...known.drains, ...more].map((one) => [keyOf(one), one]));
  const drains = [...all.values()].sort(inOrder).slice(-DRAINS_MAX);
  // A page that is full has no room for older ones.
  return { drains, older: older && drains.length < DRAINS_MAX };
}

/** As they ended; in one pool several may have in the same millisecond. */
function inOrder(a: WireDrain, b: WireDrain): number {
  return a.endedMs - b.endedMs || a.number - b.number;
}

/** Names a drain, among those of one run of the registry. */
export function keyOf({ pool, number }: WireDrain): string {
  return `${pool} ${number}`;
}

/** The drain by which a target that is gone went, where it is kept. */
export function drainOf(
  drains: readonly WireDrain[],
  pool: string,
  { target, podId, sinceMs }: WireTarget,
): WireDrain | undefined {
  // The sidecar keeps its drain just after the target is gone.
  return drains.findLast(
    (one) =>
      one.pool === pool &&
      one.target === target &&
      one.podId === podId &&
      Math.abs(one.endedMs - sinceMs) < 5000,
  );
}

export interface Totals {
  readonly serving: number;
  readonly draining: number;
  readonly expired: number;
  readonly inFlight: number;
  readonly uploads: number;
  /** With a live lease. */
  readonly gateways: number;
}

export function totalsOf({ targets, gateways }: PoolModel): Totals {
  const totals = { serving: 0, draining: 0, expired: 0, inFlight: 0, uploads: 0, gateways: 0 };
  for (const { state, inFlight, uploads } of targets.values()) {
    if (state !== 'gone') totals[state] += 1;
    totals.inFlight += inFlight;
    totals.uploads += uploads;
  }
  for (const { lease } of gateways.values()) if (lease === 'live') totals.gateways += 1;
  return totals;
}
