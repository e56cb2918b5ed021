/**
 * Owns the look at a whole pool, for tools: targets, gateways, requests in flight, orders.
 * Invariant: all of it is of one instant, by the clock of Redis, and it changes nothing.
 */
import { z } from 'zod';
import type { AllowList } from '../core/allow-list';
import {
  drainCause,
  readTargetRecord,
  type GatewayRecord,
  type OnBadRecord,
  type TargetRecord,
} from '../core/records';
import { readCounts } from './counts';
import type { PoolKeys } from './keys';
import type { Order, PoolState } from './registry';
import { ask, gatewayRecord, pairs, poolState } from './replies';
import type { Scripts } from './scripts';

export interface OverviewTarget extends TargetRecord {
  readonly id: string;
  /** When its lease ends, or, of one that is gone, when it is forgotten. */
  readonly leaseUntilMs: number;
}

export interface PoolOverview extends PoolState {
  readonly name: string;
  readonly targets: readonly OverviewTarget[];
  readonly gateways: readonly GatewayRecord[];
  /** Gateway → target → requests in flight. */
  readonly counts: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** Pod (its name in the registry) → the order that it drains. */
  readonly orders: ReadonlyMap<string, Order>;
}

const orderShape = z.object({ by: drainCause, run: z.string(), sinceMs: z.number() });

/** Rejects with `REGISTRY_UNREACHABLE`. */
export async function poolOverview(
  keys: PoolKeys,
  scripts: Scripts,
  { allowed, onBadRecord }: { readonly allowed: AllowList; readonly onBadRecord: OnBadRecord },
): Promise<PoolOverview> {
  const reply = await ask(
    scripts.overview,
    ...[keys.pool, keys.targets, keys.leases, keys.gateways, keys.counts, keys.orders],
  );
  const [targets, leases, gateways, counts, orders] = reply
    .slice(4)
    .map((list) => pairs(list as string[])) as [Pairs, Pairs, Pairs, Pairs, Pairs];
  const leaseOf = new Map(leases);
  return {
    name: keys.name,
    ...poolState(reply),
    targets: targets.sort(byId).flatMap(([id, json]) => {
      const record = readTargetRecord(id, json, allowed, onBadRecord);
      return record ? [{ ...record, id, leaseUntilMs: Number(leaseOf.get(id) ?? 0) }] : [];
    }),
    gateways: gateways.sort(byId).flatMap(([id, value]) => gatewayRecord(id, value, onBadRecord)),
    counts: new Map(counts.map(([gateway, json]) => [gateway, readCounts(json)])),
    orders: new Map(
      orders.flatMap(([pod, json]) => {
        const order = readOrder(json);
        return order ? [[pod, order] as const] : [];
      }),
    ),
  };
}

type Pairs = [string, string][];

function byId([a]: [string, string], [b]: [string, string]): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function readOrder(json: string): Order | undefined {
  try {
    return orderShape.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
