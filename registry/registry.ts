/**
 * Owns the contract of the registry: what a sidecar, a gateway and an operator may say to a pool and what they learn.
 * Invariant: every write states the writer's full state under its fence and serial, so that a lost write heals at the
 * next one and a late one changes nothing. Times are Redis TIME in ms.
 */
import type { DrainCause, GatewayRecord, GatewayReport, TargetRecord } from '../core/records';

/** Where a pool stands. `bornMs`: when this run began; younger than a lease, it may not know every gateway yet. */
export interface PoolState {
  readonly run: string;
  readonly epoch: number;
  readonly bornMs: number;
  readonly nowMs: number;
}

/** One life of a target or a gateway as it writes. */
export interface Life {
  readonly id: string;
  readonly incarnation: string;
  readonly fence: number;
  /** Grows with each write of this life. */
  readonly serial: number;
  /** The highest epoch this life knows: the registry being behind it shows a flush or an older copy. */
  readonly seenEpoch: number;
  readonly leaseMs: number;
}

export interface Order {
  readonly by: DrainCause;
  readonly run: string;
  readonly sinceMs: number;
}

export type Announcement = Life & {
  readonly pod?: string;
  readonly node?: string;
  readonly zone?: string;
} & (
    | {
        readonly state: 'serving';
        readonly order?: Order;
        /** For how long it has served, ms; so that a registry that has lost it does not take it for new. */
        readonly forMs?: number;
      }
    | {
        readonly state: 'draining';
        readonly by: DrainCause;
        /** Until the drain is answered in any case. */
        readonly leftMs?: number;
      }
    | { readonly state: 'gone'; readonly why: 'released' | 'unhealthy' }
  );

/** `stale`: a later life, or a later write of this one, was there first; nothing was changed. */
export type AnnounceReply = PoolState & {
  readonly status: 'ok' | 'stale';
  readonly record: TargetRecord | null;
};

export interface Renewal extends Life {
  readonly report: Omit<GatewayReport, 'incarnation'>;
  /** Requests in flight per target, zeros left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** A drain may wait for this report. */
  readonly news: boolean;
}

export type RenewReply = PoolState & { readonly status: 'ok' | 'stale' };

export interface ViewReply extends PoolState {
  readonly targets: ReadonlyMap<string, TargetRecord>;
}

/** One change of a pool, as published. `prev`: the epoch it followed. */
export interface Change {
  readonly run: string;
  readonly prev: number;
  readonly epoch: number;
  readonly changes: readonly (readonly [id: string, record: TargetRecord])[];
}

export interface ProgressReply extends PoolState {
  readonly record: TargetRecord | null;
  /** Give it back at the next look, to hear only what is new. */
  readonly lastReport: number;
  readonly gateways: readonly GatewayRecord[];
}

/** One pool of the registry. Every call rejects with `REGISTRY_UNREACHABLE` when Redis does not answer in time. */
export interface PoolRegistry {
  join(kind: 'target' | 'gateway', id: string): Promise<number>;
  announce(announcement: Announcement): Promise<AnnounceReply>;
  renew(renewal: Renewal): Promise<RenewReply>;
  view(): Promise<ViewReply>;
  progress(target: string, sinceReport: number): Promise<ProgressReply>;
  /** With `pod`, only while the target is that pod's (its name in the registry). */
  order(
    target: string,
    act: 'drain' | 'undrain',
    by: 'operator' | 'controller',
    pod?: string,
  ): Promise<'ok' | 'unknown' | 'unnamed'>;
  /** Calls back on each change published; `null` when some may have been missed. Returns the unsubscribe. */
  onChange(callback: (change: Change | null) => void): () => void;
  /** Calls back when a gateway reported something that a drain may wait for. Returns the unsubscribe. */
  onNews(callback: () => void): () => void;
}

export interface Registry {
  pool(name: string): PoolRegistry;
  /** Calls back on every connection; on each but the first, what was known of the registry may be of another server. */
  onConnect(callback: (again: boolean) => void): void;
  close(): Promise<void>;
}
