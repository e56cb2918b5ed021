/**
 * Owns the pod's one target through its life: announced while healthy, drained once, released.
 * Invariant: there is one drain at most; whoever asks for one while it runs, or after it, gets that one's summary. A
 * runtime that is started again in a pod that lives (a liveness restart runs the hook too) begins another life.
 */
import type { Clock } from '../core/clock';
import type { DrainCause } from '../core/records';
import type { PoolRegistry, Registry } from '../registry/registry';
import { Announcer, type AnnouncerLog, type AnnouncerOptions } from './announcer';
import { DirectClients, type DirectClientsOptions } from './direct-clients';
import { Drain, type DrainOptions, type DrainProgress } from './drain';
import type { UploadSight } from './forecast';
import type { Sockets } from './socket-watch';
import type { DrainSummary, TimelineEvent } from './timeline';

export interface SidecarDeps {
  readonly registry: Registry;
  readonly sockets: Sockets;
  /** The uploads under way in the runtime, where it can be asked. */
  readonly uploads?: () => Promise<readonly UploadSight[]>;
  /** Tells the runtime that its drain begins, where it wants to know. */
  readonly tell?: () => Promise<void>;
  readonly clock: Clock;
  readonly log: AnnouncerLog;
  readonly onDrainEvent: (event: TimelineEvent) => void;
  readonly onDrained?: (summary: DrainSummary) => void;
  /** The deadline that this deletion of the pod leaves, ms; undefined where it cannot be known. Never rejects. */
  readonly deletionDeadlineMs?: () => Promise<number | undefined>;
}

export interface SidecarOptions extends DrainOptions, AnnouncerOptions {
  /** How it is known that clients come past Kong; none are looked for without it. */
  readonly direct?: Pick<DirectClientsOptions, 'policy' | 'everyMs'>;
}

export interface SidecarStatus {
  readonly pool: string;
  readonly target: string;
  readonly incarnation: string;
  readonly healthy: boolean;
  readonly state: string;
  /** What the registry holds of this target: an operator's order shows here. */
  readonly registered: string | null;
  readonly registryAnswers: boolean;
  /** Clients reach the pod past Kong, as far as is known. */
  readonly directClients: boolean;
  readonly drain?: DrainProgress;
  readonly summary?: DrainSummary;
}

const HOOK_LOOK_MS = 50;

export class Sidecar {
  private readonly pool: PoolRegistry;
  private announcer: Announcer;
  private drainRun:
    | {
        readonly drain: Drain;
        readonly done: Promise<DrainSummary>;
        /** The sockets on which the runtime that is drained listened. */
        readonly listeners: Promise<readonly string[] | undefined>;
      }
    | undefined;
  private summary: DrainSummary | undefined;
  private isHealthy = false;
  private ends = false;
  private reconnectedAtMs = -Infinity;
  private hookCame = false;
  private readonly directClients: DirectClients;

  constructor(
    private readonly deps: SidecarDeps,
    private readonly options: SidecarOptions,
  ) {
    this.pool = deps.registry.pool(options.pool);
    this.announcer = this.newAnnouncer();
    const { direct = { policy: 'no', everyMs: 0 }, target, localAddresses } = options;
    this.directClients = new DirectClients(deps.sockets, this.pool, deps.clock, {
      ...{ ...direct, target, localAddresses },
    });
    deps.registry.onConnect((again) => {
      if (again) this.reconnectedAtMs = deps.clock.nowMs();
      this.drainRun?.drain.registryReconnected(this.reconnectedAtMs);
      this.announcer.repeat();
    });
  }

  start(): void {
    this.announcer.start();
  }

  stop(): void {
    this.announcer.stop();
  }

  healthy(isHealthy: boolean): void {
    this.isHealthy = isHealthy;
    this.deps.log.info(
      isHealthy ? 'the runtime is healthy' : 'the runtime fails its health check',
      {},
    );
    this.announcer.healthy(isHealthy);
  }

  /** The runtime passed its probe. If another process than the one that was drained did, it serves as a new life. */
  async passedProbe(): Promise<void> {
    const { drainRun, summary } = this;
    if (!drainRun) void this.directClients.look();
    if (!drainRun || !summary || this.ends) return;
    const [then, now] = await Promise.all([drainRun.listeners, this.listeners()]);
    const anew = then && now && now.length > 0 && !now.some((socket) => then.includes(socket));
    if (anew && summary === this.summary && !this.ends) this.beginNewLife();
  }

  private beginNewLife(): void {
    this.deps.log.info(
      'the runtime was started again after its drain: it serves as a new life',
      {},
    );
    this.announcer.stop();
    this.announcer = this.newAnnouncer();
    this.announcer.start();
    this.announcer.healthy(this.isHealthy);
    this.drainRun = undefined;
    this.summary = undefined;
  }

  /** Begins the drain, or joins the one under way. Resolves when the target is released, by the deadline at the latest. */
  drain(by: DrainCause): Promise<DrainSummary> {
    this.ends ||= by === 'signal';
    this.hookCame ||= by === 'hook';
    this.drainRun ??= this.begin(by);
    return this.drainRun.done;
  }

  /**
   * Resolves when the hook has been called, when the runtime listens no more, or after `ms`. The kubelet calls the
   * runtime's hook and ends a plain sidecar in the same moment: the hook may come when the drain is over.
   */
  async untilHook(ms: number): Promise<void> {
    const { clock } = this.deps;
    const endMs = clock.nowMs() + ms;
    while (!this.hookCame && clock.nowMs() < endMs) {
      if ((await this.listeners())?.length === 0) return;
      await new Promise<void>((resolve) => clock.after(HOOK_LOOK_MS, resolve));
    }
  }

  /** An operator's drain or its end: kept in the registry, it outlives this process. */
  order(act: 'drain' | 'undrain'): Promise<'ok' | 'unknown' | 'unnamed'> {
    return this.pool.order(this.options.target, act, 'operator');
  }

  /** The registry knows of this target in the state it is in. */
  get ready(): boolean {
    return this.announcer.heard && this.announcer.state !== 'gone';
  }

  get status(): SidecarStatus {
    const { announcer, summary } = this;
    return {
      pool: this.options.pool,
      target: this.options.target,
      incarnation: announcer.incarnation,
      healthy: this.isHealthy,
      state: announcer.state,
      registered: announcer.record?.state ?? null,
      registryAnswers: announcer.heard,
      directClients: this.directClients.present,
      ...(summary ? { summary } : this.drainRun ? { drain: this.drainRun.drain.progress } : {}),
    };
  }

  private newAnnouncer(): Announcer {
    const { deps, options, pool } = this;
    return new Announcer(pool, deps.clock, options, deps.log);
  }

  /** Undefined where they cannot be read. */
  private listeners(): Promise<readonly string[] | undefined> {
    return this.deps.sockets.listeners().catch(() => undefined);
  }

  private begin(by: DrainCause) {
    const { deps, announcer, pool } = this;
    const drain = new Drain(
      by,
      {
        ...{ ...deps, announcer, registry: pool, log: deps.onDrainEvent },
        hasDirectClients: () => this.directClients.present,
      },
      this.options,
    );
    drain.registryReconnected(this.reconnectedAtMs);
    void deps.deletionDeadlineMs?.().then((deadlineMs) => {
      if (deadlineMs === undefined) return;
      this.ends = true; // the pod is being deleted
      drain.setDeadline(deadlineMs);
    });
    const done = drain.run().then((summary) => {
      this.summary = summary;
      deps.onDrained?.(summary);
      return summary;
    });
    return { drain, done, listeners: this.listeners() };
  }
}
