/**
 * Owns what the console's server tells its page. Invariant: times are absolute, by the clock of Redis, so that a record
 * which did not change need not be told again. Types alone: the page and the server are compiled apart.
 */
/** Who still holds a drain. */
export type Hold =
  | { readonly gateway: string; readonly why: 'not-acked'; readonly ackedEpoch: number }
  | {
      readonly gateway: string;
      readonly why: 'in-flight';
      readonly inFlight: number;
      /** Of them, requests that stream. */
      readonly streams?: number;
    };

/** A target as `status` has it. */
export interface WireTarget {
  readonly target: string;
  readonly state: 'serving' | 'draining' | 'gone' | 'expired';
  readonly by?: string;
  readonly pod?: string;
  readonly podId?: string;
  readonly node?: string;
  readonly sinceMs: number;
  readonly inFlight: number;
  readonly uploads: number;
  readonly drain?: WireDrainStatus;
}

export interface WireDrainStatus {
  readonly acked: number;
  readonly gateways: number;
  readonly heldBy: readonly Hold[];
  readonly clear: boolean;
  readonly ordered: boolean;
  /** Its deadline. */
  readonly untilMs?: number;
}

/** A gateway as `status` has it. */
export interface WireGateway {
  readonly gateway: string;
  readonly lease: 'live' | 'lost' | 'left';
  readonly leaseUntilMs: number;
  readonly ackedEpoch: number;
  readonly current: boolean;
  readonly syncMs: number;
  readonly inFlight: number;
  readonly unassigned: number;
  readonly addresses: readonly string[];
}

/** What changes of a pool as one. */
export interface WireHead {
  readonly pool: string;
  readonly run: string;
  readonly epoch: number;
  readonly bornMs: number;
  /** Until then a gateway may be missing. */
  readonly wholeAtMs: number;
  readonly orderedPods: readonly string[];
}

export interface WirePool {
  readonly head: WireHead;
  readonly targets: readonly WireTarget[];
  readonly gateways: readonly WireGateway[];
}

/** What is new in a pool since the last telling. */
export interface PoolChange {
  readonly pool: string;
  readonly head?: WireHead;
  readonly targets: readonly WireTarget[];
  readonly gateways: readonly WireGateway[];
  /** Targets and gateways that the registry has forgotten. */
  readonly forgotten: { readonly targets: readonly string[]; readonly gateways: readonly string[] };
}

/** A drain that has ended, without its timeline, which is asked for. */
export interface WireDrain {
  readonly pool: string;
  readonly number: number;
  readonly endedMs: number;
  readonly target: string;
  readonly pod?: string | undefined;
  readonly podId?: string | undefined;
  readonly node?: string | undefined;
  readonly by: string;
  readonly outcome: 'released' | 'cut';
  readonly blind: boolean;
  readonly totalMs: number;
  readonly ackMs: number | null;
  readonly afterLastByteMs: number;
  readonly gateways: readonly { name: string; ackMs: number | null; lost: boolean }[];
  readonly cutRequests: readonly Readonly<Record<string, unknown>>[];
  readonly cutConnections: readonly Readonly<Record<string, unknown>>[];
  /** Long connections that were closed knowingly. */
  readonly closed?: readonly ClosedConnections[] | undefined;
}

export interface ClosedConnections {
  readonly kind: string;
  readonly path: string;
  readonly clients: number;
  readonly ageMs: number;
}

export interface TimelineEvent {
  readonly atMs: number;
  readonly event: string;
  readonly [detail: string]: unknown;
}

/** Of one second: pool → requests in flight, targets that serve, targets that drain; null: not known. */
export interface Sample {
  readonly atMs: number;
  readonly pools: Readonly<Record<string, readonly [number, number, number]>> | null;
}

export interface RegistryState {
  readonly reachable: boolean;
  /** For how long it had not answered when this was told. */
  readonly awayMs?: number;
  readonly message?: string;
}

/** Drains that ended, without a hole from the first that is told on. */
export interface Past {
  /** Oldest first. */
  readonly drains: readonly WireDrain[];
  /** There are others before them. */
  readonly older: boolean;
}

export interface Whole extends Past {
  readonly nowMs: number;
  readonly version: string;
  /** A token opens drain and undrain. */
  readonly orders: boolean;
  readonly registry: RegistryState;
  readonly pools: readonly WirePool[];
  readonly samples: readonly Sample[];
}

export interface Change {
  readonly nowMs: number;
  readonly pools: readonly PoolChange[];
}

/** The events of `GET /api/events`, each with its data as JSON. */
export interface Events {
  readonly whole: Whole;
  readonly change: Change;
  readonly drains: readonly WireDrain[];
  readonly sample: Sample;
  readonly registry: RegistryState;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
}
