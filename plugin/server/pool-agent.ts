/**
 * Owns one gateway's part in one pool: its lease, its view, and its reports.
 * Invariants: Kong is handed a view only under a living lease that the registry granted before the view was read
 * (fencing); a report is made of what Kong itself said it has applied and counts, never of what was sent to it.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock';
import { messageOf } from '../../core/errors';
import { leaseHeldUntilMs } from '../../core/lease';
import type { TargetStreams } from '../../core/streams';
import { adopt, applyChange, emptyView, routingOf, servingOf, type View } from '../../core/view';
import type { Change, PoolRegistry, PoolState } from '../../registry/registry';
import { Standings } from './standing';
import type { PoolAnswer, PoolHandover } from './sync-client';

export interface PoolAgentOptions {
  readonly pool: string;
  readonly gateway: string;
  readonly addresses: readonly string[];
  readonly leaseMs: number;
  readonly zone?: string | undefined;
}

export interface PoolAgentLog {
  info(message: string, fields: object): void;
  warn(message: string, fields: object): void;
}

/** How long a change may take to come over the subscription after a renewal showed it, before all is read anew. */
const CHANGE_LAG_MS = 50;

interface Reported {
  readonly epoch: number;
  readonly holding: string;
  readonly streams: string;
  readonly isStranger: boolean;
}

export class PoolAgent {
  private readonly incarnation = randomUUID();
  private fence: number | undefined;
  private serial = 0;
  private view: View = emptyView;
  /** Whether `view` was read, or found unchanged, under the lease that lives now. */
  private viewIsOfLease = false;
  private leaseUntilMs = 0;
  private kong: PoolAnswer | undefined;
  private counts: Readonly<Record<string, number>> = {};
  private uploads: Readonly<Record<string, number>> = {};
  private kongWants = true;
  private reported: Reported = { epoch: 0, holding: '', streams: '{}', isStranger: false };
  private renewing: Promise<void> | undefined;
  private renewAgain = false;
  private failing = false;
  private isZoneBlind = false;
  private onChanged: () => void = () => undefined;
  private readonly unsubscribe: () => void;
  private readonly standings: Standings;
  /** A later incarnation of this gateway has taken over; this one says and hands over nothing more. */
  superseded = false;
  private retired = false;
  /** Whether Kong's view is ended by what was handed over last, and whether Kong has answered to that. */
  private viewEnds = false;
  private viewEnded = false;
  /** How its targets stand, by what was handed over last and by what Kong has answered to. */
  private standingHands = 0;
  private standingHanded = 0;

  constructor(
    private readonly registry: PoolRegistry,
    private readonly clock: Clock,
    private readonly options: PoolAgentOptions,
    private readonly log: PoolAgentLog,
    private readonly onViewChange: () => void,
  ) {
    this.standings = new Standings(registry, options.zone);
    this.unsubscribe = registry.onChange((change) => this.changed(change));
  }

  close(): void {
    this.unsubscribe();
  }

  /** Takes the pool out of use, or back into it: Kong's view is ended, what is in flight is still reported. */
  retire(retired: boolean): void {
    this.retired = retired;
  }

  /** Out of use, and nothing of this pool is in flight in Kong. */
  get idle(): boolean {
    const { holding = {} } = this.kong ?? {};
    return (
      this.viewEnded &&
      this.unassigned === 0 &&
      Object.keys({ ...holding, ...this.counts }).length === 0
    );
  }

  /** Tells the registry that this gateway has left the pool for good, so that no drain waits for its lease to end. */
  async leave(): Promise<void> {
    this.close();
    await this.renewing;
    await this.sendRenewal(true).catch(() => undefined); // then the lease ends by itself
  }

  /** What to hand to Kong now; undefined while there is no view under a living lease. */
  handover(): PoolHandover | undefined {
    const nowMs = this.clock.nowMs();
    this.viewEnds = this.retired;
    if (this.superseded) return undefined;
    if (this.retired) return { epoch: this.kong?.epoch ?? 0, untilMs: 0 };
    if (!this.viewIsOfLease || nowMs > this.leaseUntilMs) return undefined;
    const { epoch } = this.view;
    const inheriting = nowMs < this.view.inheritedUntilMs + this.options.leaseMs;
    this.standingHands = this.standings.version;
    const stale = this.kong?.epoch !== epoch || this.standingHands !== this.standingHanded;
    const lists = this.kongWants || inheriting || stale;
    return { epoch, untilMs: this.leaseUntilMs, ...(lists ? this.lists(nowMs) : {}) };
  }

  private lists(nowMs: number) {
    const standing = this.standings.of(servingOf(this.view, nowMs), nowMs);
    return { ...routingOf(this.view, nowMs), ...standing };
  }

  /** Takes in what Kong answered to a handover. */
  answered(answer: PoolAnswer): void {
    this.kong = answer;
    this.kongWants = answer.wanted;
    this.viewEnded = this.viewEnds;
    this.standingHanded = this.standingHands;
    if (answer.inFlight) this.counts = { ...answer.inFlight, ...answer.holding };
    this.uploads = { ...this.uploadsUntold(answer), ...answer.uploads };
  }

  /** Those of targets that the answer is not about. */
  private uploadsUntold({ inFlight, holding }: PoolAnswer): Readonly<Record<string, number>> {
    const untold = Object.entries(inFlight ? {} : this.uploads).filter(([id]) => !(id in holding));
    return Object.fromEntries(untold);
  }

  /** Whether Kong must be asked again soon: a draining target still has requests in flight, or Kong lags behind. */
  waits(): boolean {
    const lags = this.viewIsOfLease && this.kong !== undefined && this.kong.epoch < this.view.epoch;
    return lags || Object.keys(this.kong?.holding ?? {}).length > 0;
  }

  /** Whether a drain waits for news that have not been reported yet. */
  hasNews(): boolean {
    const drains = routingOf(this.view, this.clock.nowMs()).draining.length > 0;
    const { epoch, holding, streams, isStranger } = this.reported;
    const kong = this.kong ?? { epoch: 0, holding: {} };
    const turned = kong.epoch > epoch || this.unassigned > 0 !== isStranger;
    const moved =
      JSON.stringify(kong.holding) !== holding || JSON.stringify(this.streams) !== streams;
    return (drains && turned) || moved;
  }

  /** Renews the lease with a full report, and reads the view where it has moved on. Failures are logged, not thrown. */
  renew(): Promise<void> {
    if (this.superseded) return Promise.resolve();
    this.renewAgain = true;
    this.renewing ??= this.renewUntilUpToDate();
    return this.renewing;
  }

  private async renewUntilUpToDate(): Promise<void> {
    do {
      this.renewAgain = false;
      await this.tryRenew();
    } while (this.renewAgain && !this.failing && !this.superseded);
    this.renewing = undefined; // in the same step as the look at renewAgain, or a call in between would be lost
  }

  private async tryRenew(): Promise<void> {
    try {
      await this.sendRenewal();
      if (this.failing) this.log.info('the registry answers again', this.fields());
      this.failing = false;
    } catch (error) {
      if (!this.failing) {
        this.log.warn('cannot renew the lease; Kong keeps its view until the lease ends', {
          ...this.fields(),
          error: messageOf(error),
        });
      }
      this.failing = true;
    }
  }

  private async sendRenewal(leaves = false): Promise<void> {
    const { gateway, addresses, leaseMs, zone } = this.options;
    this.fence ??= await this.registry.join('gateway', gateway);
    const sentMs = this.clock.nowMs();
    const holding = this.kong?.holding ?? {};
    const epoch = this.kong?.epoch ?? 0;
    const { unassigned, streams, uploads } = this;
    const reply = await this.registry.renew({
      id: gateway,
      incarnation: this.incarnation,
      fence: this.fence,
      serial: ++this.serial,
      seenEpoch: Math.max(this.view.epoch, epoch),
      leaseMs,
      report: {
        name: gateway,
        addresses: [...addresses],
        epoch,
        holding,
        ...(Object.keys(streams).length === 0 ? {} : { streams: streamsAgo(streams, sentMs) }),
        ...(Object.keys(uploads).length === 0 ? {} : { uploads }),
        unassigned,
        endedAgoMs: this.endedAgoMs(sentMs),
        leaseMs,
        ...(zone === undefined ? {} : { zone }),
        ...(leaves ? { left: true } : {}),
      },
      counts: this.counts,
      news: this.hasNews(),
    });
    if (reply.status === 'stale') {
      this.superseded = true;
      this.log.warn('another plugin server has taken over this gateway', this.fields());
      return;
    }
    this.reported = {
      ...{ epoch, holding: JSON.stringify(holding), streams: JSON.stringify(streams) },
      isStranger: unassigned > 0,
    };
    // By now, not when it was sent: on its way to the registry the lease before it may have ended there.
    if (this.clock.nowMs() > this.leaseUntilMs) this.viewIsOfLease = false;
    this.leaseUntilMs = leaseHeldUntilMs(sentMs, leaseMs);
    this.standings.timed(reply.nowMs, sentMs, this.clock.nowMs());
    if (reply.run === this.view.run) await this.untilCurrent(reply);
    if (this.isCurrent(reply)) this.viewIsOfLease = true;
    else await this.readView();
    if (!leaves) await this.lookAround();
  }

  private async lookAround(): Promise<void> {
    const { version } = this.standings;
    try {
      await this.standings.look(this.clock.nowMs());
      this.isZoneBlind = false;
    } catch (error) {
      const fields = { ...this.fields(), error: messageOf(error) };
      if (!this.isZoneBlind) this.log.warn('the gateways’ zones: what was seen last holds', fields);
      this.isZoneBlind = true;
    }
    if (this.standings.version !== version) this.onViewChange();
  }

  /** Whether the view holds all that was said by that epoch: of a change that came meanwhile it holds more. */
  private isCurrent({ run, epoch }: PoolState): boolean {
    return run === this.view.run && epoch <= this.view.epoch;
  }

  /** Resolves when the changes up to that state have come in, or seem to be lost. */
  private untilCurrent(state: PoolState): Promise<void> | undefined {
    if (this.isCurrent(state)) return undefined;
    return new Promise((resolve) => {
      const cancel = this.clock.after(CHANGE_LAG_MS, resolve);
      this.onChanged = () => {
        if (!this.isCurrent(state)) return;
        cancel();
        resolve();
      };
    });
  }

  private async readView(): Promise<void> {
    const read = await this.registry.view();
    const { clock, options, viewIsOfLease } = this;
    this.view = adopt(this.view, read, clock.nowMs(), options.leaseMs, viewIsOfLease);
    // Changes that came meanwhile may have carried it further than what was read.
    this.viewIsOfLease = read.run === this.view.run && read.epoch <= this.view.epoch;
    this.kongWants = true;
    this.onViewChange();
  }

  private changed(change: Change | null): void {
    const next = change && applyChange(this.view, change);
    if (next) {
      if (next === this.view) return;
      this.view = next;
      this.kongWants = true;
      this.onChanged();
      this.onViewChange();
    } else if (this.fence !== undefined && !this.superseded) {
      void this.renew();
    }
  }

  /** A Kong that panics routes by itself from now on: its connections are not accounted for, as with requests so placed. */
  private get unassigned(): number {
    return Math.max(this.kong?.unassigned ?? 0, this.kong?.panics === true ? 1 : 0);
  }

  private get streams(): NonNullable<PoolAnswer['streams']> {
    return this.kong?.streams ?? {};
  }

  private endedAgoMs(nowMs: number): Record<string, number> {
    const ended = Object.entries(this.kong?.endedMs ?? {});
    return Object.fromEntries(ended.map(([id, atMs]) => [id, Math.max(0, nowMs - atMs)]));
  }

  private fields(): object {
    return { pool: this.options.pool, gateway: this.options.gateway };
  }
}

/** Kong's times as the registry's readers can take them: counted back from the report. */
function streamsAgo(
  streams: NonNullable<PoolAnswer['streams']>,
  nowMs: number,
): Record<string, TargetStreams> {
  const ago = (atMs: number): number => Math.max(0, Math.round(nowMs - atMs));
  return Object.fromEntries(
    Object.entries(streams).map(([target, { requests, youngestMs, groups }]) => [
      target,
      {
        ...{ requests, youngestAgoMs: ago(youngestMs) },
        groups: groups.map(({ oldestMs, ...group }) => ({ ...group, oldestAgoMs: ago(oldestMs) })),
      },
    ]),
  );
}
