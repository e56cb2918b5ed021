/**
 * Owns a model of one pool in the registry: what the Lua scripts do, in TypeScript, with time given by the caller.
 * Invariant: it answers as the scripts do (conformance.test.ts runs both); its records are never changed in place.
 */
import type { DrainCause, GatewayRecord, TargetRecord } from '../../core/records';
import type {
  Announcement,
  AnnounceReply,
  Order,
  PoolState,
  ProgressReply,
  Renewal,
  RenewReply,
  ViewReply,
} from '../../registry/registry';

type State = TargetRecord['state'];

/** A target as it is stored; `own`: what its sidecar said, before any order. */
export type StoredTarget = TargetRecord & { readonly own: State };

interface Written {
  readonly fence: number;
  readonly serial: number;
}

interface StoredGateway extends Written {
  readonly record: GatewayRecord;
}

interface Pool {
  readonly run: string;
  readonly epoch: number;
  readonly bornMs: number;
}

export interface Published {
  readonly run: string;
  readonly prev: number;
  readonly epoch: number;
  readonly changes: readonly (readonly [string, TargetRecord])[];
}

const SWEEP_MAX = 100;
const TOMBSTONE_MS = 60_000;
const FORGET_LOST_MS = 600_000;

export class RegistryModel {
  pool: Pool | undefined;
  fence = 0;
  lastReport = 0;
  targets = new Map<string, StoredTarget>();
  leases = new Map<string, number>();
  orders = new Map<string, Order>();
  gateways = new Map<string, StoredGateway>();
  reports = new Map<string, number>();
  counts = new Map<string, Readonly<Record<string, number>>>();

  constructor(
    private readonly onChange: (change: Published) => void,
    private readonly onNews: (gateway: string) => void,
    /** Off: late writes are taken for new ones, to show that the simulation notices. */
    private readonly fences = true,
  ) {}

  flush(): void {
    this.restore(new RegistryModel(this.onChange, this.onNews));
  }

  copy(): RegistryModel {
    const copy = new RegistryModel(this.onChange, this.onNews, this.fences);
    copy.restore(this);
    return copy;
  }

  restore(from: RegistryModel): void {
    this.pool = from.pool;
    this.fence = from.fence;
    this.lastReport = from.lastReport;
    this.targets = new Map(from.targets);
    this.leases = new Map(from.leases);
    this.orders = new Map(from.orders);
    this.gateways = new Map(from.gateways);
    this.reports = new Map(from.reports);
    this.counts = new Map(from.counts);
  }

  join(kind: 'target' | 'gateway', id: string, nowMs: number): number {
    const stored = kind === 'target' ? this.targets.get(id) : this.gateways.get(id);
    this.fence = Math.max(this.fence + 1, (stored?.fence ?? 0) + 1, nowMs);
    return this.fence;
  }

  announce(said: Announcement, fresh: string, nowMs: number): AnnounceReply {
    const pool = this.seen(said.seenEpoch, fresh, nowMs);
    const stored = this.targets.get(said.id);
    if (stored && this.isLate(stored, said)) {
      return { status: again(stored, said), ...this.state(nowMs), record: readable(stored) };
    }
    const wanted = this.withOrder(said, pool.run);
    const goesOn = stored?.fence === said.fence && stored.state === wanted.state;
    let record = stored;
    if (!goesOn || stored?.by !== wanted.by) {
      const epoch = nextEpoch(pool, nowMs);
      record = {
        ...{ incarnation: said.incarnation, fence: said.fence, serial: said.serial },
        ...{ own: said.state, ...wanted },
        epoch: goesOn && stored ? stored.epoch : epoch,
        sinceMs: goesOn && stored ? stored.sinceMs : began(said, wanted.state, stored, nowMs),
        ...(said.pod === undefined ? {} : { pod: said.pod }),
        ...(said.node === undefined ? {} : { node: said.node }),
        ...(said.zone === undefined ? {} : { zone: said.zone }),
      };
      this.targets.set(said.id, record);
      this.publish(epoch, [[said.id, record]]);
    }
    this.leases.set(said.id, nowMs + (said.state === 'gone' ? TOMBSTONE_MS : said.leaseMs));
    return { status: 'ok', ...this.state(nowMs), record: record ? readable(record) : null };
  }

  renew(said: Renewal, fresh: string, nowMs: number): RenewReply {
    const { id, incarnation, fence, serial, leaseMs, report } = said;
    this.seen(said.seenEpoch, fresh, nowMs);
    const stored = this.gateways.get(id);
    if (stored && this.isLate(stored, said)) {
      return { status: again(stored, said), ...this.state(nowMs) };
    }
    const record = { incarnation, ...report, id, leaseUntilMs: nowMs + leaseMs };
    this.gateways.set(id, { record, fence, serial });
    this.reports.set(id, ++this.lastReport);
    if (said.news) this.onNews(id);
    if (report.left === true || Object.keys(said.counts).length === 0) this.counts.delete(id);
    else this.counts.set(id, said.counts);
    if (serial === 1) this.forgetLost(nowMs);
    this.sweep(nowMs);
    return { status: 'ok', ...this.state(nowMs) };
  }

  view(nowMs: number): ViewReply {
    const targets = new Map([...this.targets].map(([id, record]) => [id, readable(record)]));
    return { ...this.state(nowMs), targets };
  }

  progress(target: string, sinceReport: number, nowMs: number): ProgressReply {
    const fresh = [...this.reports]
      .filter(([, report]) => report > sinceReport)
      .sort(byNumber)
      .map(([id]) => this.gateways.get(id)?.record)
      .filter((record) => record !== undefined);
    const stored = this.targets.get(target);
    return {
      ...this.state(nowMs),
      record: stored ? readable(stored) : null,
      lastReport: this.lastReport,
      gateways: fresh,
    };
  }

  order(
    target: string,
    act: 'drain' | 'undrain',
    by: 'operator' | 'controller',
    nowMs: number,
  ): 'ok' | 'unknown' | 'unnamed' {
    const stored = this.targets.get(target);
    if (!stored || stored.state === 'gone' || !this.pool) return 'unknown';
    if (stored.pod === undefined) return 'unnamed';
    const ownBy = stored.own === 'draining' ? stored.by : undefined;
    if (act === 'drain') this.orders.set(stored.pod, { by, run: this.pool.run, sinceMs: nowMs });
    else this.orders.delete(stored.pod);
    const wanted: { state: State; by?: DrainCause } =
      act === 'drain'
        ? { state: 'draining', by: ownBy ?? by }
        : { state: stored.own, ...(ownBy ? { by: ownBy } : {}) };
    if (stored.state === wanted.state && stored.by === wanted.by) return 'ok';
    const epoch = nextEpoch(this.pool, nowMs);
    const began = stored.state === wanted.state ? {} : { epoch, sinceMs: nowMs };
    const { by: _, ...rest } = stored;
    const record = { ...rest, ...began, ...wanted };
    this.targets.set(target, record);
    this.publish(epoch, [[target, record]]);
    return 'ok';
  }

  private isLate(stored: Written, said: Written): boolean {
    if (!this.fences) return false;
    return (
      stored.fence > said.fence || (stored.fence === said.fence && stored.serial >= said.serial)
    );
  }

  private withOrder(said: Announcement, run: string): { state: State; by?: DrainCause } {
    const { pod = '' } = said;
    if (said.state === 'gone') {
      if (said.why === 'released') this.orders.delete(pod);
      return { state: 'gone' };
    }
    const own =
      said.state === 'draining' ? { state: said.state, by: said.by } : { state: said.state };
    if (pod === '') return own;
    let order = this.orders.get(pod);
    if (!order && said.state === 'serving' && said.order && said.order.run !== run) {
      order = said.order;
      this.orders.set(pod, order);
    }
    return order && said.state === 'serving' ? { state: 'draining', by: order.by } : own;
  }

  private seen(epoch: number, fresh: string, nowMs: number): Pool {
    if (!this.pool || epoch > this.pool.epoch) {
      this.pool = { run: fresh, epoch: Math.max(nowMs, epoch + 1), bornMs: nowMs };
    }
    return this.pool;
  }

  private state(nowMs: number): PoolState {
    return { run: '', epoch: 0, bornMs: 0, ...this.pool, nowMs };
  }

  private forgetLost(nowMs: number): void {
    for (const [id, { record }] of this.gateways) {
      if (record.leaseUntilMs >= nowMs - FORGET_LOST_MS) continue;
      this.gateways.delete(id);
      this.reports.delete(id);
      this.counts.delete(id);
    }
  }

  private sweep(nowMs: number): void {
    const ended = [...this.leases].filter(([, endMs]) => endMs < nowMs).sort(byNumber);
    if (ended.length === 0 || !this.pool) return;
    const epoch = nextEpoch(this.pool, nowMs);
    const changes: [string, StoredTarget][] = [];
    for (const [id] of ended.slice(0, SWEEP_MAX)) {
      const stored = this.targets.get(id);
      if (!stored || stored.state === 'gone') {
        this.targets.delete(id);
        this.leases.delete(id);
        continue;
      }
      const { by: _, ...rest } = stored;
      const record: StoredTarget = { ...rest, state: 'gone', epoch, sinceMs: nowMs };
      this.targets.set(id, record);
      this.leases.set(id, nowMs + TOMBSTONE_MS);
      changes.push([id, record]);
    }
    if (changes.length > 0) this.publish(epoch, changes);
  }

  private publish(epoch: number, changes: [string, StoredTarget][]): void {
    const { run, epoch: prev, bornMs } = this.pool as Pool;
    this.pool = { run, epoch, bornMs };
    const read = changes.map(([id, record]) => [id, readable(record)] as const);
    this.onChange({ run, prev, epoch, changes: read });
  }
}

function nextEpoch(pool: Pool, nowMs: number): number {
  return Math.max(pool.epoch + 1, nowMs);
}

function began(
  said: Announcement,
  state: State,
  stored: StoredTarget | undefined,
  nowMs: number,
): number {
  if (state !== 'serving' || said.state !== 'serving') return nowMs;
  if (stored?.state === 'serving' && stored.pod !== undefined && stored.pod === said.pod) {
    return stored.sinceMs;
  }
  return nowMs - Math.round(said.forMs ?? 0);
}

/** The same write once more has been done already. */
function again(stored: Written, said: Written): 'ok' | 'stale' {
  return stored.fence === said.fence && stored.serial === said.serial ? 'ok' : 'stale';
}

function readable({ own: _own, ...record }: StoredTarget): TargetRecord {
  return record;
}

/** As a sorted set has them: by number, then by name. */
function byNumber(a: readonly [string, number], b: readonly [string, number]): number {
  return a[1] - b[1] || (a[0] < b[0] ? -1 : 1);
}
