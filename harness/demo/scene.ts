/** Owns what the live screen shows at one moment. Invariant: plain data; drawing it needs nothing else. */
import type { LoadSnapshot } from '../../load/result';

export type PodPhase = 'starting' | 'ready' | 'serving' | 'draining' | 'terminating' | 'gone';

export interface PodSight {
  readonly name: string;
  readonly phase: PodPhase;
  /** Since it was started. */
  readonly ageMs: number;
  /** Since this phase began. */
  readonly phaseMs: number;
  /** Who still holds it while it drains: gateways with requests in flight or without ack. */
  readonly heldBy: readonly string[];
}

export interface GatewaySight {
  readonly name: string;
  /** Without the registry (the plain run) a gateway acks nothing. */
  readonly acked?: { readonly epoch: number; readonly poolEpoch: number };
  /** Requests in flight for draining pods. */
  readonly holding?: number;
}

export interface Scene {
  readonly title: string;
  readonly elapsedMs: number;
  readonly load: LoadSnapshot | undefined;
  readonly pods: readonly PodSight[];
  readonly gateways: readonly GatewaySight[];
  /** The latest first. */
  readonly events: readonly string[];
}
