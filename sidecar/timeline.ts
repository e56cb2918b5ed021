/** Owns the record of one drain: what happened when, for the log and the hook's answer. Invariant: bounded. */
import { requestsOf, type Barrier, type Hold } from '../core/barrier';
import type { Connection, Origin } from '../core/quiet';
import { clientsOf, type ClosedConnections } from '../core/streams';

export interface TimelineEvent {
  /** ms since the drain began. */
  readonly atMs: number;
  readonly event: string;
  readonly [detail: string]: unknown;
}

export type CutConnection = Connection & { readonly origin: Origin };

export interface DrainSummary {
  readonly pool: string;
  readonly target: string;
  readonly by: string;
  readonly outcome: 'released' | 'cut';
  /** Without Redis the gateways could not be asked. */
  readonly blind: boolean;
  readonly totalMs: number;
  /** From the beginning to the last live gateway's ack; null where none was heard of. */
  readonly ackMs: number | null;
  /** From the end of the last request in flight; the whole drain where none was. */
  readonly afterLastByteMs: number;
  readonly gateways: readonly {
    readonly name: string;
    readonly ackMs: number | null;
    readonly lost: boolean;
  }[];
  /** What gateways still held at the deadline. */
  readonly cutRequests: readonly Hold[];
  /** Connections that waited for an answer at the deadline. */
  readonly cutConnections: readonly CutConnection[];
  /** Connections without an end of their own, closed knowingly. */
  readonly closed: readonly ClosedConnections[];
  readonly timeline: readonly TimelineEvent[];
}

const EVENTS_MAX = 500;

export class Timeline {
  readonly events: TimelineEvent[] = [];
  private readonly acks = new Map<string, number>();
  private readonly lost = new Set<string>();
  private inFlight = '';
  private foreign = '';
  private young = false;

  constructor(
    private readonly sinceStartMs: () => number,
    private readonly log: (event: TimelineEvent) => void,
  ) {}

  add(event: string, details: object = {}): void {
    const entry = { atMs: Math.round(this.sinceStartMs() * 10) / 10, event, ...details };
    if (this.events.length < EVENTS_MAX) this.events.push(entry);
    this.log(entry);
  }

  /** Notes what is new in how the drain stands: acks, requests in flight, lost gateways. */
  saw({ live, lost, holds, streams, wholeInMs }: Barrier): void {
    if (holds.length === 0 && wholeInMs > 0 && !this.young) {
      this.young = true;
      this.add('registry young: a gateway may be missing', { forMs: wholeInMs });
    }
    const waiting = new Set(
      holds.filter(({ why }) => why === 'not-acked').map(({ gateway }) => gateway),
    );
    for (const { id } of live) {
      if (waiting.has(id) || this.acks.has(id)) continue;
      this.acks.set(id, this.sinceStartMs());
      this.add('acked', { gateway: id });
    }
    for (const { id } of lost) {
      if (this.lost.has(id)) continue;
      this.lost.add(id);
      this.add('gateway lost', { gateway: id });
    }
    const requests = requestsOf(holds);
    const clients = clientsOf(streams);
    const inFlight = `${requests} ${clients}`;
    if (inFlight !== this.inFlight && this.acks.size > 0)
      this.add('in flight', { requests, ...(clients > 0 ? { streams: clients } : {}) });
    this.inFlight = inFlight;
  }

  /** Notes connections that are waited for although no live gateway accounts for them, when they change. */
  sawForeign(busy: readonly CutConnection[]): void {
    const peers = busy.map(({ origin, peer, peerPort }) => `${origin} ${peer}:${peerPort}`);
    if (peers.join() === this.foreign) return;
    this.foreign = peers.join();
    this.add('foreign connections', { connections: peers });
  }

  /** When the last ack came, ms since the drain began; null without any. */
  get lastAckMs(): number | null {
    return this.acks.size === 0 ? null : Math.max(...this.acks.values());
  }

  gateways(): DrainSummary['gateways'] {
    return [...new Set([...this.acks.keys(), ...this.lost])].map((name) => ({
      name,
      ackMs: this.acks.get(name) ?? null,
      lost: this.lost.has(name),
    }));
  }
}
