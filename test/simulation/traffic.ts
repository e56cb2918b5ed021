/** Owns the shape of one request and of the pods it may reach, as gateways and checkers see them. */
import type { SimKong } from './kong';

export interface SimRequest {
  readonly id: number;
  readonly kong: SimKong;
  readonly startMs: number;
  readonly durationMs: number;
  /** The target it was assigned to; undefined while it is not, or when Kong's own routing placed it. */
  target: string | undefined;
  connectedMs: number;
  over: boolean;
}

export interface SimConnectionState {
  readonly peer: string;
  readonly port: number;
  request: SimRequest | undefined;
  lastByteMs: number;
}

/** What a gateway can connect to. */
export interface Backend {
  readonly target: string;
  /** false: refused. */
  accept(request: SimRequest): boolean;
  finished(request: SimRequest): void;
}

export interface Cluster {
  /** Whoever has the address now. */
  at(target: string): Backend | undefined;
  /** The Service's endpoints, as kube-proxy knows them. */
  endpoints(): readonly Backend[];
}
