/**
 * Owns the endpoints of the Service: who is ready, as the cluster's own routing knows it.
 * Invariant: an endpoint enters when its pod's readiness probe passes and leaves `lagMs` after the pod's deletion
 * began, never sooner; neither knows anything of our registry.
 */
import { EventEmitter } from 'node:events';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export class Endpoints extends EventEmitter<{ change: [] }> {
  readonly #ready = new Map<string, Endpoint>();
  readonly #leaving = new Map<string, NodeJS.Timeout>();

  /** @param lagMs from a pod's deletion to the last node's knowledge of it, in milliseconds. */
  constructor(readonly lagMs = 1000) {
    super();
  }

  /** The ready ones, in the order in which they became so. */
  ready(): Endpoint[] {
    return [...this.#ready.values()];
  }

  /**
   * What the readiness probe says of a pod. A pod that is leaving is no longer probed: word of its address is then of
   * a new pod there.
   */
  setReady(endpoint: Endpoint, isReady: boolean): void {
    const key = keyOf(endpoint);
    if (isReady) this.#stay(key);
    if (this.#ready.has(key) === isReady) return;
    if (isReady) this.#ready.set(key, endpoint);
    else this.#ready.delete(key);
    this.emit('change');
  }

  /** The pod's deletion has begun: out after the lag. */
  leave(endpoint: Endpoint): void {
    const key = keyOf(endpoint);
    if (this.#leaving.has(key)) return;
    const timer = setTimeout(() => {
      this.#leaving.delete(key);
      if (this.#ready.delete(key)) this.emit('change');
    }, this.lagMs);
    this.#leaving.set(key, timer);
  }

  #stay(key: string): void {
    clearTimeout(this.#leaving.get(key));
    this.#leaving.delete(key);
  }

  /** Forgets all at once; no timer is left. */
  close(): void {
    for (const key of [...this.#leaving.keys()]) this.#stay(key);
    this.#ready.clear();
    this.emit('change');
  }
}

const keyOf = ({ host, port }: Endpoint): string => `${host}:${port}`;
