/**
 * Owns one gateway's agent: which pools Kong's configuration names, and when Kong and the registry are talked to.
 * Invariant: no lease is renewed for a Kong that cannot be reached; what it routes by has then ended with its view. A
 * Kong that quits is left only when its last client is gone.
 */
import { pause, type Clock } from '../../core/clock';
import { DrainError, messageOf } from '../../core/errors';
import type { Registry } from '../../registry/registry';
import { PoolAgent, type PoolAgentLog } from './pool-agent';
import type { KongSync, PoolHandover, SyncAnswer } from './sync-client';

export interface AgentOptions {
  readonly gateway: string;
  readonly addresses: readonly string[];
  readonly renewMs: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly zone?: string | undefined;
  /** Told when Kong quits and its last client is gone; Kong ends so much later. */
  readonly over?: { readonly tell: () => void; readonly holdMs: number } | undefined;
}

/** What the agent tells of itself, for metrics. */
export interface AgentEvents {
  /** `handed`: the views that Kong was offered. */
  synced(answer: SyncAnswer, tookMs: number, handed: Readonly<Record<string, PoolHandover>>): void;
  syncFailed(code: string): void;
  poolLeft(pool: string): void;
}

export class Agent {
  private readonly pools = new Map<string, PoolAgent>();
  private syncing: Promise<void> | undefined;
  private syncAgain = false;
  private fullWanted = false;
  private lastSyncMs = -Infinity;
  private failure = '';
  private cancelTick: () => void = () => undefined;
  private cancelPoll: () => void = () => undefined;
  private stopped = false;
  private kongQuits = false;
  private ended: (() => void) | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly kong: KongSync,
    private readonly clock: Clock,
    private readonly options: AgentOptions,
    private readonly log: PoolAgentLog,
    private readonly events: AgentEvents,
  ) {}

  start(): void {
    void this.tick();
  }

  /** Resolves when there is nothing left to do for a Kong that quits: at once where it does not, or cannot be reached. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.ended = resolve;
      void this.sync(true);
    });
  }

  /** Stops talking; the lease then ends by itself, or a successor takes it over. */
  stop(): void {
    this.stopped = true;
    this.cancelTick();
    this.cancelPoll();
    for (const pool of this.pools.values()) pool.close();
  }

  private async tick(): Promise<void> {
    const { renewMs, leaseMs } = this.options;
    this.cancelTick = this.clock.after(renewMs, () => void this.tick());
    await this.sync(true);
    if (this.clock.nowMs() - this.lastSyncMs > leaseMs) return;
    await Promise.all([...this.pools.values()].map((pool) => pool.renew()));
    await this.sync(false);
  }

  /** Hands the views over; a call during another is done once more after it. */
  private sync(full: boolean): Promise<void> {
    this.fullWanted ||= full;
    this.syncAgain = true;
    this.syncing ??= this.syncUntilQuiet();
    return this.syncing;
  }

  private async syncUntilQuiet(): Promise<void> {
    let failure: string | undefined;
    do {
      this.syncAgain = false;
      const full = this.fullWanted;
      this.fullWanted = false;
      failure = await this.syncOnce(full);
    } while (this.syncAgain && failure === undefined && !this.stopped);
    this.syncing = undefined; // in the same step as the look at syncAgain, or a call in between would be lost
    this.cancelPoll();
    const goesOn = this.goesOn(failure);
    if (!goesOn) this.ended?.();
    const waits =
      failure === undefined
        ? goesOn || [...this.pools.values()].some((pool) => pool.waits())
        : goesOn && this.ended !== undefined;
    if (waits && !this.stopped) {
      this.cancelPoll = this.clock.after(this.options.pollMs, () => void this.sync(false));
    }
  }

  /** Whether there is still something to do for a Kong that quits: it has clients, or is too busy to say whether it has. */
  private goesOn(failure: string | undefined): boolean {
    if (failure === undefined) {
      return this.kongQuits && [...this.pools.values()].some((pool) => !pool.superseded);
    }
    return (
      failure === 'SYNC_FAILED' && this.clock.nowMs() - this.lastSyncMs <= this.options.leaseMs
    );
  }

  /** Returns the code of what failed. */
  private async syncOnce(full: boolean): Promise<string | undefined> {
    const sentMs = this.clock.nowMs();
    const handed = this.handovers();
    try {
      const answer = await this.kong.sync(handed, full);
      if (this.stopped) return undefined;
      this.lastSyncMs = sentMs;
      this.said();
      this.events.synced(answer, this.clock.nowMs() - sentMs, handed);
      this.follow(answer.configured);
      for (const [name, said] of Object.entries(answer.pools)) this.pools.get(name)?.answered(said);
      this.quits(answer.over !== undefined);
      if (answer.over) await this.leave();
      for (const pool of this.pools.values()) if (pool.hasNews()) void pool.renew();
      return undefined;
    } catch (error) {
      const code = error instanceof DrainError ? error.code : 'SYNC_FAILED';
      this.events.syncFailed(code);
      this.said(error);
      return code;
    }
  }

  private handovers(): Record<string, PoolHandover> {
    const pools = [...this.pools].map(([name, pool]) => [
      name,
      pool.handover() ?? { epoch: 0, untilMs: 0 },
    ]);
    return Object.fromEntries(pools) as Record<string, PoolHandover>;
  }

  private quits(kongQuits: boolean): void {
    if (kongQuits && !this.kongQuits) {
      const message =
        'Kong no longer listens where it did: it quits (if it serves elsewhere now, set DRAIN_SYNC_URL)';
      this.log.info(message, {});
    }
    this.kongQuits = kongQuits;
  }

  /** Withdraws from every pool, so that no drain waits for a lease of this gateway to end, and lets Kong end. */
  private async leave(): Promise<void> {
    this.log.info('Kong has quit and its last client is gone', {});
    for (const pool of this.pools.values()) pool.retire(true);
    await this.kong.sync(this.handovers(), false).catch(() => undefined); // no request goes by a view any more
    const pools = [...this.pools];
    this.pools.clear();
    const { over } = this.options;
    over?.tell();
    const held = over && pause(this.clock, over.holdMs);
    await Promise.all([held, ...pools.map(([, pool]) => pool.leave())]);
    for (const [name] of pools) this.events.poolLeft(name);
    this.kong.hangUp();
  }

  /** Says a failure once, and once that it is over. */
  private said(error?: unknown): void {
    const failure = error === undefined ? '' : messageOf(error);
    if (failure === this.failure) return;
    this.failure = failure;
    if (error === undefined) this.log.info('Kong takes the views again', {});
    else this.log.warn(failure, answerOf(error));
  }

  private follow(configured: readonly string[]): void {
    for (const name of configured) {
      const known = this.pools.get(name);
      known?.retire(false);
      if (known) continue;
      this.log.info('pool found in the configuration of Kong', { pool: name });
      const options = { pool: name, ...this.options };
      const pool = new PoolAgent(
        this.registry.pool(name),
        this.clock,
        options,
        this.log,
        () => void this.sync(false),
      );
      this.pools.set(name, pool);
      void pool.renew().then(() => this.sync(false));
    }
    for (const [name, pool] of this.pools) {
      if (configured.includes(name)) continue;
      pool.retire(true);
      if (!pool.idle) continue;
      this.log.info('pool is no longer in the configuration of Kong', { pool: name });
      this.pools.delete(name);
      this.events.poolLeft(name);
      void pool.leave();
    }
  }
}

/** What Kong answered to a call that it refused, for the log. */
function answerOf(error: unknown): { said?: string } {
  const { cause } = error as Error;
  return typeof cause === 'string' ? { said: cause } : {};
}
