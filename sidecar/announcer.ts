/**
 * Owns what the registry is told of this target, and tells it again and again.
 * Invariant: every statement is the full wanted state of this life, so that the next one heals a lost one; a target is
 * announced only while its runtime is healthy or drains.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock';
import { messageOf } from '../core/errors';
import type { DrainCause, TargetRecord } from '../core/records';
import type { Announcement, AnnounceReply, Order, PoolRegistry } from '../registry/registry';

type Wanted =
  | { readonly state: 'absent' }
  | { readonly state: 'serving'; readonly sinceMs: number }
  | { readonly state: 'draining'; readonly by: DrainCause; readonly leftMs: () => number }
  | { readonly state: 'gone'; readonly why: 'released' | 'unhealthy' };

export interface AnnouncerOptions {
  readonly target: string;
  readonly renewMs: number;
  readonly leaseMs: number;
  readonly pod?: string | undefined;
  readonly node?: string | undefined;
  readonly zone?: string | undefined;
}

export interface AnnouncerLog {
  info(message: string, fields: object): void;
  warn(message: string, fields: object): void;
  error(message: string, fields: object): void;
}

export class Announcer {
  readonly incarnation = randomUUID();
  private wanted: Wanted = { state: 'absent' };
  private joined: Promise<number> | undefined;
  private serial = 0;
  private seenEpoch = 0;
  private order: Order | undefined;
  private cancelTick: () => void = () => undefined;
  private failing = false;
  /** What the registry holds of this target, as last answered. */
  record: TargetRecord | null = null;
  /** A later life of this target took over: this one has no say any more. */
  private superseded = false;

  constructor(
    private readonly registry: PoolRegistry,
    private readonly clock: Clock,
    private readonly options: AnnouncerOptions,
    private readonly log: AnnouncerLog,
  ) {}

  /** Whether the registry answered the last statement. */
  get heard(): boolean {
    return this.record !== null && !this.failing;
  }

  get state(): Wanted['state'] {
    return this.wanted.state;
  }

  start(): void {
    this.cancelTick = this.clock.after(this.options.renewMs, () => this.start());
    this.repeat();
  }

  /** States what is wanted now: every second, and as soon as the registry can be reached. */
  repeat(): void {
    if (this.wanted.state !== 'absent' && !this.superseded) this.sayOrLog();
  }

  stop(): void {
    this.cancelTick();
  }

  /** The runtime's health changed. While a drain runs it no longer matters. */
  healthy(isHealthy: boolean): void {
    const { state } = this.wanted;
    if (state === 'draining' || (state === 'gone' && this.wanted.why === 'released')) return;
    if (isHealthy) this.want({ state: 'serving', sinceMs: this.clock.nowMs() });
    else if (state === 'serving') this.want({ state: 'gone', why: 'unhealthy' });
  }

  /** States the drain and its deadline, in `leftMs` from the call. Rejects with `REGISTRY_UNREACHABLE`; the renewals go on stating it. */
  drain(by: DrainCause, leftMs: () => number): Promise<AnnounceReply> {
    this.wanted = { state: 'draining', by, leftMs };
    return this.say();
  }

  /** Removes the target for good. Rejects with `REGISTRY_UNREACHABLE`; the lease then ends by itself. */
  async release(): Promise<AnnounceReply> {
    this.wanted = { state: 'gone', why: 'released' };
    this.stop();
    return this.say();
  }

  private want(wanted: Wanted): void {
    if (wanted.state === this.wanted.state) return;
    this.wanted = wanted;
    this.sayOrLog();
  }

  private sayOrLog(): void {
    this.say().then(
      () => {
        if (this.failing) this.log.info('the registry answers again', {});
        this.failing = false;
      },
      (error: unknown) => {
        if (!this.failing)
          this.log.warn('the registry does not answer', { error: messageOf(error) });
        this.failing = true;
      },
    );
  }

  private async say(): Promise<AnnounceReply> {
    const { target, leaseMs, pod, node, zone } = this.options;
    const fence = await this.join();
    const { wanted } = this;
    const life = {
      id: target,
      incarnation: this.incarnation,
      fence,
      serial: ++this.serial,
      seenEpoch: this.seenEpoch,
      leaseMs,
      ...(pod === undefined ? {} : { pod }),
      ...(node === undefined ? {} : { node }),
      ...(zone === undefined ? {} : { zone }),
    };
    const reply = await this.registry.announce({ ...life, ...this.stated(wanted) } as Announcement);
    this.heed(reply);
    return reply;
  }

  private stated(wanted: Wanted): object {
    if (wanted.state === 'draining') {
      return { ...wanted, leftMs: Math.max(0, wanted.leftMs()) };
    }
    if (wanted.state !== 'serving') return wanted;
    const forMs = this.clock.nowMs() - wanted.sinceMs;
    return { state: wanted.state, forMs, ...(this.order ? { order: this.order } : {}) };
  }

  /** Statements made at once share one fence: with two, the later answer could be the lower one. */
  private join(): Promise<number> {
    this.joined ??= this.registry.join('target', this.options.target).catch((error: unknown) => {
      this.joined = undefined;
      throw error;
    });
    return this.joined;
  }

  private heed(reply: AnnounceReply): void {
    if (reply.status === 'stale') {
      if (!this.superseded && reply.record?.incarnation !== this.incarnation) {
        this.superseded = true;
        this.stop();
        this.log.error('another sidecar announces this target; this one is silent from now on', {
          target: this.options.target,
          other: reply.record?.incarnation,
        });
      }
      return;
    }
    this.seenEpoch = Math.max(this.seenEpoch, reply.epoch);
    this.record = reply.record;
    const ordered = this.wanted.state === 'serving' && reply.record?.state === 'draining';
    const by = reply.record?.by;
    if (!ordered || by === undefined) {
      this.order = undefined;
      return;
    }
    // Of the run that knows it now: of an earlier one it would be stated anew when an operator has just taken it back.
    const sinceMs = this.order?.sinceMs ?? reply.record?.sinceMs ?? reply.nowMs;
    this.order = { by, run: reply.run, sinceMs };
  }
}
