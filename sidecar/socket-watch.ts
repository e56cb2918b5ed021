/**
 * Owns when the pod's sockets are looked at. To learn the peers takes 10–30 ms (the kernel walks the whole table of the
 * machine) and starting `ss` holds this process up as long; so the peers are read in the background while the drain
 * waits for the gateways anyway, and `ss` is asked only where a foreign one is among them.
 */
import type { Clock } from '../core/clock';
import type { Connection } from '../core/quiet';

export interface Sockets {
  /** The addresses with an open connection to the runtime's port. Rejects with `SOCKETS_UNREADABLE`. */
  peers(): Promise<readonly string[]>;
  /** What identifies each socket that listens on the runtime's port: none of them lives on in another process. */
  listeners(): Promise<readonly string[]>;
  /** The same connections in detail; dearer. Rejects with `SOCKETS_UNREADABLE`. */
  connections(): Promise<readonly Connection[]>;
}

export class SocketWatch {
  private seen: { readonly atMs: number; readonly peers: readonly string[] } | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly sockets: Sockets,
    private readonly clock: Clock,
  ) {}

  /** Reads the peers in the background where the last reading is older than `maxAgeMs`. */
  keepFresh(maxAgeMs: number): void {
    if (!this.isFresh(maxAgeMs)) this.look().catch(() => undefined); // `foreign` tries again and says why
  }

  /** The connections of foreign peers, as of at most `maxAgeMs` ago. Rejects with `SOCKETS_UNREADABLE`. */
  async foreign(
    isForeign: (peer: string) => boolean,
    maxAgeMs: number,
  ): Promise<readonly Connection[]> {
    if (!this.isFresh(maxAgeMs)) await this.look();
    if (!this.seen?.peers.some(isForeign)) return [];
    return (await this.sockets.connections()).filter(({ peer }) => isForeign(peer));
  }

  private isFresh(maxAgeMs: number): boolean {
    return this.seen !== undefined && this.clock.nowMs() - this.seen.atMs <= maxAgeMs;
  }

  private look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    const atMs = this.clock.nowMs();
    this.seen = { peers: await this.sockets.peers(), atMs };
  }
}
