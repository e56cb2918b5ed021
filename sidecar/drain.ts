/**
 * Owns one drain of this pod's target, from its first call to the release.
 * Invariants: it answers by its deadline (Bounded); before that it answers only when the barrier is clear and whatever
 * did not come through a live gateway is closed or quiet (Safe). Without the registry it settles and looks at sockets.
 */
import { barrier, type Barrier, type DrainMark } from '../core/barrier';
import type { Clock } from '../core/clock';
import { messageOf } from '../core/errors';
import {
  originOf,
  owes,
  quietInMs,
  type Connection,
  type Origin,
  type QuietTimes,
} from '../core/quiet';
import { reportedMsOf, type DrainCause, type GatewayRecord } from '../core/records';
import type { PoolRegistry, ProgressReply } from '../registry/registry';
import type { Announcer } from './announcer';
import type { Forecast, UploadSight } from './forecast';
import { parting } from './parting';
import { SocketWatch, type Sockets } from './socket-watch';
import { Timeline, type CutConnection, type DrainSummary, type TimelineEvent } from './timeline';
import { UploadWatch } from './upload-watch';

export interface DrainOptions {
  readonly pool: string;
  readonly target: string;
  readonly deadlineMs: number;
  readonly pollMs: number;
  readonly leaseMs: number;
  readonly settleMs: number;
  readonly quiet: QuietTimes;
  /** After how long streams are no longer waited for, ms; undefined: they are, to the deadline. */
  readonly longMs?: number | undefined;
  /** Peers that are this pod itself. */
  readonly localAddresses: ReadonlySet<string>;
}

export interface DrainDeps {
  readonly announcer: Announcer;
  readonly registry: PoolRegistry;
  readonly sockets: Sockets;
  readonly uploads?: () => Promise<readonly UploadSight[]>;
  /** Tells the runtime that its drain begins. */
  readonly tell?: () => Promise<void>;
  /** Whether clients reach the pod past Kong. */
  readonly hasDirectClients: () => boolean;
  readonly clock: Clock;
  readonly log: (event: TimelineEvent) => void;
}

/** How old a look at the sockets may be, and how soon connections that are waited for are looked at again. */
const SOCKETS_FRESH_MS = 500;
const SOCKETS_BUSY_MS = 100;
const RETRY_MS = 50;
/** Past the deadline, to see what is cut and to tell the registry; the pod's reserve pays for it. */
const LAST_WORD_MS = 100;

/** How a running drain stands, for /status. */
export interface DrainProgress {
  readonly by: DrainCause;
  readonly elapsedMs: number;
  readonly deadlineMs: number;
  readonly holds: Barrier['holds'];
  /** Where the runtime tells of its uploads. */
  readonly forecast?: Forecast;
  readonly timeline: readonly TimelineEvent[];
}

export class Drain {
  private readonly startMs: number;
  private deadlineMs: number;
  private readonly timeline: Timeline;
  private readonly gateways = new Map<string, GatewayRecord>();
  private lastReport = 0;
  /** The epoch at which the drain began in the registry; undefined while it does not hold the drain. */
  private mark: number | undefined;
  /** The registry's run that these are of. */
  private registryRun = '';
  /** When the connection to the registry was lost and back, on our clock. */
  private reconnectedAtMs = -Infinity;
  /** When the draining began, in the registry's time. */
  private drainingSinceMs: number | undefined;
  /** Since when the registry has not answered, on our clock. */
  private silentSinceMs: number | undefined;
  private standing: Barrier | undefined;
  private wake: () => void = () => undefined;
  private deadlineMoved: () => void = () => undefined;
  private hasNews = false;
  private readonly sockets: SocketWatch;
  private readonly uploads: UploadWatch | undefined;
  private foreignBusy = false;
  /** Until when new connections of direct clients may come, ms since the drain began. */
  private openUntilMs = 0;

  constructor(
    private readonly by: DrainCause,
    private readonly deps: DrainDeps,
    private readonly options: DrainOptions,
  ) {
    this.startMs = deps.clock.nowMs();
    this.deadlineMs = options.deadlineMs;
    this.sockets = new SocketWatch(deps.sockets, deps.clock);
    this.timeline = new Timeline(() => this.elapsedMs, deps.log);
    this.uploads =
      deps.uploads &&
      new UploadWatch({
        ...{ uploads: deps.uploads, clock: deps.clock },
        leftMs: () => this.leftMs,
        onChange: (forecast) => this.timeline.add('forecast', { ...forecast }),
      });
  }

  /** The registry may be another server since then (our clock): a gateway may be missing in it for a lease. */
  registryReconnected(atMs: number): void {
    this.reconnectedAtMs = atMs;
  }

  /** The pod is deleted with another grace period than it was configured with. Ms since the drain began. */
  setDeadline(deadlineMs: number): void {
    if (deadlineMs === this.deadlineMs) return;
    this.deadlineMs = deadlineMs;
    this.timeline.add('deadline', { deadlineMs });
    this.deadlineMoved();
  }

  get progress(): DrainProgress {
    const { by, elapsedMs, standing, timeline, deadlineMs } = this;
    const forecast = this.uploads?.forecast;
    return {
      ...{ by, elapsedMs, deadlineMs, holds: standing?.holds ?? [] },
      ...(forecast ? { forecast } : {}),
      timeline: timeline.events,
    };
  }

  /** Drains and releases the target. Never rejects; resolves by the deadline. */
  async run(): Promise<DrainSummary> {
    this.timeline.add('draining', { by: this.by, deadlineMs: this.deadlineMs });
    this.uploads?.start();
    this.beginWithOthers();
    const unsubscribe = this.deps.registry.onNews(() => {
      this.hasNews = true;
      this.wake();
    });
    const releasable = (await this.byDeadline(this.untilReleasable())) ?? false;
    unsubscribe();
    this.uploads?.stop();
    return this.release(this.mark, !releasable);
  }

  /** True when the target may be released, false at the deadline. */
  private async untilReleasable(): Promise<boolean> {
    this.mark = await this.state();
    while (!this.expired) {
      this.sockets.keepFresh(this.socketsMaxAgeMs);
      this.mark = await this.look(this.mark);
      if (this.expired) break;
      this.mark ??= await this.state();
      const blind = this.mark === undefined;
      const openMs = this.openUntilMs - this.elapsedMs;
      if (openMs > 0 && !blind && this.standing?.clear === true) {
        await this.pause(Math.min(openMs, SOCKETS_BUSY_MS));
      } else if (blind ? this.settled : this.standing?.clear === true) {
        const busyMs = await this.socketsBusyForMs(blind);
        if (busyMs === 0) return true;
        await this.pause(Math.min(busyMs, SOCKETS_BUSY_MS));
      } else {
        await this.pause(blind ? RETRY_MS : this.options.pollMs);
      }
    }
    return false;
  }

  /** What the drain means for those that know no registry: the runtime, and clients that come past Kong. */
  private beginWithOthers(): void {
    const { tell, hasDirectClients } = this.deps;
    tell?.().then(
      () => this.timeline.add('runtime told'),
      (error: unknown) => this.timeline.add('runtime not told', { error: messageOf(error) }),
    );
    if (!hasDirectClients()) return;
    this.openUntilMs = this.options.settleMs;
    this.timeline.add('direct clients', { settleMs: this.openUntilMs });
  }

  /** What comes by the deadline, or `lateMs` after it; undefined where it takes longer: then it is not waited for. */
  private byDeadline<T>(promise: Promise<T>, lateMs = 0): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      let cancel = (): void => undefined;
      this.deadlineMoved = () => {
        cancel();
        const leftMs = Math.max(0, this.deadlineMs + lateMs - this.elapsedMs);
        cancel = this.deps.clock.after(leftMs, () => resolve(undefined));
      };
      this.deadlineMoved();
      promise.finally(() => cancel()).then(resolve, reject);
    });
  }

  private get elapsedMs(): number {
    return this.deps.clock.nowMs() - this.startMs;
  }

  private get leftMs(): number {
    return Math.max(0, this.deadlineMs - this.elapsedMs);
  }

  private get expired(): boolean {
    return this.elapsedMs >= this.deadlineMs;
  }

  /** The registry has been silent for so long that the cluster's own routing has let go of this pod. */
  private get settled(): boolean {
    const { clock } = this.deps;
    const sinceMs = this.silentSinceMs;
    return sinceMs !== undefined && clock.nowMs() - sinceMs >= this.options.settleMs;
  }

  /** States the drain to the registry. Returns the epoch at which it began there; undefined without an answer. */
  private async state(): Promise<number | undefined> {
    try {
      const { record, epoch, status } = await this.deps.announcer.drain(this.by, () => this.leftMs);
      if (status !== 'ok' || record?.state !== 'draining') {
        this.unheard(
          new Error('the registry refused the drain: another sidecar announces this target'),
        );
        return undefined;
      }
      this.heard();
      this.drainingSinceMs ??= record.sinceMs;
      this.timeline.add('registered', { epoch: record.epoch, poolEpoch: epoch });
      return record.epoch;
    } catch (error) {
      this.unheard(error);
      return undefined;
    }
  }

  /** Looks at the acks. Returns the drain's epoch, undefined where the registry does not hold the drain (any more). */
  private async look(mark: number | undefined): Promise<number | undefined> {
    if (mark === undefined) return undefined;
    this.hasNews = false;
    const { target, leaseMs } = this.options;
    try {
      const sentMs = this.deps.clock.nowMs();
      const seen = await this.readProgress();
      this.heard();
      const { record } = seen;
      if (record?.state !== 'draining' || record.incarnation !== this.deps.announcer.incarnation) {
        this.standing = undefined;
        return undefined;
      }
      this.standing = barrier(
        { target, epoch: record.epoch, ...this.patience },
        {
          nowMs: seen.nowMs,
          wholeSinceMs: Math.max(seen.bornMs, seen.nowMs - (sentMs - this.reconnectedAtMs)),
          leaseMs,
          gateways: [...this.gateways.values()],
        },
      );
      this.timeline.saw(this.standing);
      return record.epoch;
    } catch (error) {
      this.unheard(error);
      return undefined;
    }
  }

  private get patience(): Pick<DrainMark, 'patience'> {
    const { drainingSinceMs, options } = this;
    const { longMs } = options;
    if (longMs === undefined || drainingSinceMs === undefined) return {};
    return { patience: { longMs, drainingSinceMs } };
  }

  /** Takes in the gateways' reports since the last look; all of them where the registry is not the one of before. */
  private async readProgress(): Promise<ProgressReply> {
    const { registry } = this.deps;
    let seen = await registry.progress(this.options.target, this.lastReport);
    if (seen.run !== this.registryRun || seen.lastReport < this.lastReport) {
      this.gateways.clear();
      if (this.lastReport > 0) seen = await registry.progress(this.options.target, 0);
    }
    this.registryRun = seen.run;
    this.lastReport = seen.lastReport;
    for (const gateway of seen.gateways) this.gateways.set(gateway.id, gateway);
    return seen;
  }

  private heard(): void {
    if (this.silentSinceMs !== undefined) this.timeline.add('registry answers again');
    this.silentSinceMs = undefined;
  }

  private unheard(error: unknown): void {
    if (this.silentSinceMs !== undefined) return;
    this.silentSinceMs = this.deps.clock.nowMs();
    this.standing = undefined;
    this.timeline.add('registry silent', { error: messageOf(error) });
  }

  /** For how long connections that no live gateway accounts for must still be waited for; all of them when blind. */
  private async socketsBusyForMs(blind: boolean): Promise<number> {
    try {
      const foreign = await this.connections(blind, ['lost', 'stranger'], this.socketsMaxAgeMs);
      const busy = foreign.filter((connection) => quietInMs(connection, this.options.quiet) > 0);
      this.timeline.sawForeign(busy);
      this.foreignBusy = busy.length > 0;
      return Math.max(0, ...busy.map((connection) => quietInMs(connection, this.options.quiet)));
    } catch (error) {
      this.timeline.add('sockets unreadable', { error: messageOf(error) });
      return SOCKETS_BUSY_MS;
    }
  }

  private get socketsMaxAgeMs(): number {
    return this.foreignBusy ? SOCKETS_BUSY_MS : SOCKETS_FRESH_MS;
  }

  private async connections(
    blind: boolean,
    origins: readonly Origin[],
    maxAgeMs: number,
  ): Promise<(Connection & { origin: Origin })[]> {
    const { live = [], lost = [] } = blind ? {} : (this.standing ?? {});
    const originOfPeer = originOf(live, lost, this.options.localAddresses);
    const isWanted = (peer: string): boolean => origins.includes(originOfPeer(peer));
    const seen = await this.sockets.foreign(isWanted, maxAgeMs);
    return seen.map((connection) => ({ ...connection, origin: originOfPeer(connection.peer) }));
  }

  /** `atDeadline` is told, not read from the clock: timers fire a fraction of a millisecond early. */
  private async release(mark: number | undefined, atDeadline: boolean): Promise<DrainSummary> {
    const { closed, cut: holds } = parting(this.standing);
    // Of what streams through a live gateway the sockets say no more than its report does.
    const accounted = holds.length === 0 && closed.length > 0;
    const owed = atDeadline ? this.owedConnections(mark === undefined, accounted) : undefined;
    const cutConnections = (owed && (await this.byDeadline(owed, LAST_WORD_MS))) ?? [];
    const cut = atDeadline && holds.length + cutConnections.length > 0;
    const releasedMs = await this.byDeadline(this.tellReleased(), LAST_WORD_MS);
    const totalMs = this.elapsedMs;
    const outcome = cut ? 'cut' : 'released';
    this.timeline.add(outcome, {
      ...(cut ? { holds, connections: cutConnections } : {}),
      ...(closed.length > 0 ? { closed } : {}),
    });
    const { pool, target } = this.options;
    return {
      ...{ pool, target, by: this.by, outcome, blind: mark === undefined, totalMs },
      ackMs: this.timeline.lastAckMs,
      afterLastByteMs: this.afterLastByteMs(releasedMs) ?? totalMs,
      gateways: this.timeline.gateways(),
      cutRequests: cut ? holds : [],
      cutConnections,
      closed,
      timeline: this.timeline.events,
    };
  }

  private async owedConnections(blind: boolean, accounted: boolean): Promise<CutConnection[]> {
    const origins = ['lost', 'stranger', ...(accounted ? [] : (['live'] as const))] as const;
    const seen = await this.connections(blind, origins, 0).catch(() => []);
    return seen.filter(owes);
  }

  /** Removes the target. Returns the registry's time, ms; undefined without an answer: the lease then ends by itself. */
  private async tellReleased(): Promise<number | undefined> {
    try {
      return (await this.deps.announcer.release()).nowMs;
    } catch (error) {
      this.timeline.add('release not registered', { error: messageOf(error) });
      return undefined;
    }
  }

  /** From the end of the last request that gateways saw end during the drain; undefined where none did. */
  private afterLastByteMs(releasedMs: number | undefined): number | undefined {
    if (releasedMs === undefined || this.drainingSinceMs === undefined) return undefined;
    const ends = [...this.gateways.values()].flatMap((gateway) => {
      const agoMs = gateway.endedAgoMs?.[this.options.target];
      return agoMs === undefined ? [] : [reportedMsOf(gateway) - agoMs];
    });
    const lastMs = Math.max(...ends);
    return lastMs >= this.drainingSinceMs ? Math.max(0, releasedMs - lastMs) : undefined;
  }

  /** Resolves after `ms`, at the deadline, or when a gateway has news, whichever is first. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.deps.clock.after(this.hasNews ? 0 : Math.min(ms, this.leftMs), resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
