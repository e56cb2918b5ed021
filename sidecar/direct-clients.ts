/**
 * Owns the answer to whether clients reach this pod past Kong, as callers of the Service in the cluster do: the drain then
 * waits for the cluster's own endpoint removal, for until then new connections of theirs may come.
 * Invariant: a look costs little, comes seldom, and never fails anyone; what only one look saw (a probe) is no client.
 */
import type { Clock } from '../core/clock';
import { canonicalAddress } from '../core/target';
import type { PoolRegistry } from '../registry/registry';
import type { Sockets } from './socket-watch';

export type DirectPolicy = 'auto' | 'yes' | 'no';

export interface DirectClientsOptions {
  readonly policy: DirectPolicy;
  readonly target: string;
  /** Between two looks, ms. */
  readonly everyMs: number;
  /** The pod's own addresses, and its node's: health probes come from there. */
  readonly localAddresses: ReadonlySet<string>;
}

/** Two looks within this time must see a stranger: the kubelet's probes are one for some milliseconds each. */
const TWICE_WITHIN_MS = 60_000;
/** For how long it is remembered that there were some. */
const REMEMBERED_MS = 600_000;

export class DirectClients {
  private lookedMs = -Infinity;
  /** When a look saw a stranger last, and the second one of two; on our clock. */
  private seenMs = -Infinity;
  private seenTwiceMs = -Infinity;

  constructor(
    private readonly sockets: Sockets,
    private readonly registry: PoolRegistry,
    private readonly clock: Clock,
    private readonly options: DirectClientsOptions,
  ) {}

  get present(): boolean {
    const { policy } = this.options;
    if (policy !== 'auto') return policy === 'yes';
    return this.clock.nowMs() - this.seenTwiceMs <= REMEMBERED_MS;
  }

  /** Looks who is connected, unless the last look is young. Never rejects. */
  async look(): Promise<void> {
    const { policy, everyMs, target, localAddresses } = this.options;
    const nowMs = this.clock.nowMs();
    if (policy !== 'auto' || nowMs - this.lookedMs < everyMs) return;
    this.lookedMs = nowMs;
    try {
      const peers = await this.sockets.peers();
      if (peers.every((peer) => localAddresses.has(peer))) return;
      const { gateways } = await this.registry.progress(target, 0);
      const known = new Set(gateways.flatMap(({ addresses }) => addresses).map(canonicalAddress));
      const isStranger = (peer: string): boolean => !localAddresses.has(peer) && !known.has(peer);
      if (!peers.some(isStranger)) return;
      if (nowMs - this.seenMs <= TWICE_WITHIN_MS) this.seenTwiceMs = nowMs;
      this.seenMs = nowMs;
    } catch {
      // the next look may be answered
    }
  }
}
