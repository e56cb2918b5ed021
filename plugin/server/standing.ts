/**
 * Owns what Kong is told of serving targets beyond their names: since when they serve, and the shares that zones give them.
 * Invariant: times are the registry's, so that gateways agree on who is new; what is not known changes nothing.
 */
import type { TargetRecord } from '../../core/records';
import { zoneShares, type Shares } from '../../core/zones';
import type { PoolRegistry } from '../../registry/registry';

/** The longest slow start that Kong's configuration allows. */
const NEW_MS = 3_600_000;
const LOOK_EVERY_MS = 5000;
/** With each answer a longer one counts too, for clocks drift apart. */
const [FORGET, FORGET_MS] = [1.1, 0.1];

export interface Standing {
  /** Of those that may be new, monotonic ms of this machine. */
  readonly sinceMs?: Readonly<Record<string, number>>;
  readonly shares?: Shares;
}

export class Standings {
  /** The registry's clock less this machine's monotonic one, by the quickest answer of late. */
  private aheadMs: number | undefined;
  private tripMs = Infinity;
  private gateways: readonly (string | undefined)[] | undefined;
  private lookedMs = -Infinity;
  /** Grows when the same targets stand otherwise than before. */
  version = 0;

  constructor(
    private readonly registry: PoolRegistry,
    private readonly zone: string | undefined,
  ) {}

  /** Takes in the registry's time, told between the two moments. */
  timed(registryMs: number, sentMs: number, answeredMs: number): void {
    const tripMs = answeredMs - sentMs;
    this.tripMs = this.tripMs * FORGET + FORGET_MS;
    if (tripMs > this.tripMs) return;
    this.tripMs = tripMs;
    this.aheadMs = registryMs - (sentMs + answeredMs) / 2;
  }

  /** Looks which zones the gateways are in, every few seconds, where this one has one. Rejects as the registry does. */
  async look(nowMs: number): Promise<void> {
    if (this.zone === undefined || nowMs - this.lookedMs < LOOK_EVERY_MS) return;
    this.lookedMs = nowMs;
    const seen = await this.registry.progress('', 0);
    const before = JSON.stringify(this.gateways);
    this.gateways = seen.gateways
      .filter(({ leaseUntilMs, left }) => leaseUntilMs > seen.nowMs && left !== true)
      .map(({ zone }) => zone)
      .sort();
    if (JSON.stringify(this.gateways) !== before) this.version += 1;
  }

  of(serving: readonly (readonly [string, TargetRecord])[], nowMs: number): Standing {
    const sinceMs = this.sinceMs(serving, nowMs);
    const shares = this.shares(serving);
    return { ...(sinceMs ? { sinceMs } : {}), ...(shares ? { shares } : {}) };
  }

  private sinceMs(serving: readonly (readonly [string, TargetRecord])[], nowMs: number) {
    const { aheadMs } = this;
    if (aheadMs === undefined) return undefined;
    const young = serving
      .map(([id, record]) => [id, record.sinceMs - aheadMs] as const)
      .filter(([, sinceMs]) => sinceMs > nowMs - NEW_MS);
    return young.length > 0 ? Object.fromEntries(young) : undefined;
  }

  private shares(serving: readonly (readonly [string, TargetRecord])[]): Shares | undefined {
    if (this.zone === undefined || this.gateways === undefined) return undefined;
    const zones = new Map(serving.map(([id, { zone }]) => [id, zone]));
    return zoneShares(this.zone, this.gateways, zones);
  }
}
