/**
 * Owns the simulated Redis: the registry's model behind a server that can be away, be flushed or fail over to an older
 * copy of itself.
 * Invariant: it takes every command that reaches it, however late; a command to a server that is away is lost.
 */
import { RegistryModel, type Published } from './registry-model';
import type { World } from './world';

export interface Subscriber {
  changed(change: Published | null): void;
  news(): void;
  /** The connection broke and is back. */
  reconnected(): void;
}

const START_MS = 1_700_000_000_000;
const COPY_EVERY_MS = 50;
const COPIES_MAX = 40;

export class SimRedis {
  readonly model: RegistryModel;
  readonly subscribers = new Set<Subscriber>();
  /** Which server this is: a command sent to another one never arrives. */
  server = 0;
  awayUntilMs = 0;
  lastFailoverMs = -Infinity;
  lastFlushMs = -Infinity;
  private copies: RegistryModel[] = [];

  constructor(
    private readonly world: World,
    private readonly rate: number,
    fences: boolean,
  ) {
    this.model = new RegistryModel(
      (change) => this.tell((subscriber) => subscriber.changed(change)),
      () => this.tell((subscriber) => subscriber.news()),
      fences,
    );
    this.keepCopies();
  }

  get nowMs(): number {
    return Math.floor(START_MS + this.world.nowMs * this.rate);
  }

  get away(): boolean {
    return this.world.nowMs < this.awayUntilMs;
  }

  flush(): void {
    this.world.log('REDIS flushed');
    this.model.flush();
    this.lastFlushMs = this.world.nowMs;
    this.copies = [];
  }

  /** The master dies; after `awayMs` a replica that is up to two seconds behind takes over. */
  failover(awayMs: number): void {
    const copy = this.world.pick(this.copies) ?? this.model.copy();
    this.world.log(`REDIS fails over to an older copy (epoch ${copy.pool?.epoch ?? 0})`);
    this.server++;
    this.awayUntilMs = this.world.nowMs + awayMs;
    this.model.restore(copy);
    this.copies = [];
    this.lastFailoverMs = this.awayUntilMs;
    this.world.in(awayMs, () => this.tell((subscriber) => subscriber.reconnected()));
  }

  /** Stands still or is unreachable for all; what is sent meanwhile is lost. */
  leave(ms: number): void {
    this.world.log(`REDIS away for ${ms.toFixed(0)} ms`);
    this.awayUntilMs = Math.max(this.awayUntilMs, this.world.nowMs + ms);
    this.world.in(ms, () => this.tell((subscriber) => subscriber.reconnected()));
  }

  private tell(say: (subscriber: Subscriber) => void): void {
    for (const subscriber of this.subscribers) say(subscriber);
  }

  private keepCopies(): void {
    this.copies.push(this.model.copy());
    if (this.copies.length > COPIES_MAX) this.copies.shift();
    this.world.in(COPY_EVERY_MS, () => this.keepCopies());
  }
}
