/**
 * Owns one checker per invariant of the design.
 * Invariant: it looks at what happened, never at what our code believes.
 */
import { messageOf } from '../../core/errors';
import type { DrainSummary } from '../../sidecar/timeline';
import { DRAIN, type SimPod } from './pod';
import type { SimKong } from './kong';
import type { SimRedis } from './redis';
import type { SimRequest } from './traffic';
import type { World } from './world';

export type Invariant =
  'safe' | 'quiet' | 'fenced' | 'bounded' | 'harmless' | 'exact' | 'retry' | 'settles';

export interface Violation {
  readonly invariant: Invariant;
  readonly atMs: number;
  readonly what: string;
}

export interface Seen {
  requests: number;
  assigned: number;
  unassigned: number;
  retried: number;
  released: number;
  cut: number;
  blind: number;
}

/** A drain answers by its deadline, and then tells the registry for so long at most. */
const TOLERANCE_MS = 120;

/** A connection that has been open for so long has been seen by the sidecar. */
const SEEN_AFTER_MS = 800;

interface Decision {
  readonly pod: SimPod;
  readonly atMs: number;
  readonly live: ReadonlySet<SimKong>;
}

export class Checkers {
  readonly violations: Violation[] = [];
  readonly seen: Seen = {
    ...{ requests: 0, assigned: 0, unassigned: 0, retried: 0, released: 0, cut: 0, blind: 0 },
  };
  private readonly kongs = new Set<SimKong>();
  /** By target: the pod whose sidecar decided to release it, and the gateways that were live at that moment. */
  private readonly decided = new Map<string, Decision>();
  /** Those whose hook has been answered since: nothing may be sent there any more. */
  private readonly releases = new Map<string, Decision>();

  constructor(
    private readonly world: World,
    private readonly redis: () => SimRedis,
    private readonly podAt: (target: string) => SimPod | undefined,
    private readonly pods: () => readonly SimPod[],
  ) {}

  started(kong: SimKong): void {
    this.kongs.add(kong);
  }

  died(kong: SimKong): void {
    this.kongs.delete(kong);
    for (const pod of this.pods()) pod.dropOf(kong.address);
  }

  /** Safe: after release no live gateway assigns. Fenced: neither does one by a view that is valid to it. */
  assigned(request: SimRequest, target: string): void {
    this.seen.assigned++;
    const released = this.releases.get(target);
    if (!released || this.podAt(target) !== released.pod) return;
    const { kong } = request;
    const agoMs = (this.world.nowMs - released.atMs).toFixed(1);
    const what = `${kong.name} assigns request ${request.id} to ${released.pod.name}, released ${agoMs} ms ago`;
    if (this.isForgotten(released, kong)) return;
    if (released.live.has(kong)) this.broken('safe', what);
    else if (kong.routesByView && !this.isSaidAnew(released)) this.broken('fenced', what);
  }

  leftToKong(_request: SimRequest): void {
    this.seen.unassigned++;
  }

  retried(request: SimRequest, target: string, before: readonly string[], now: readonly string[]) {
    this.seen.retried++;
    if (before.includes(target) && now.includes(target)) {
      this.broken('retry', `request ${request.id} is tried again at ${target}, which drains`);
    }
  }

  /** The sidecar has decided; what it does from now on changes nothing. */
  releasing(pod: SimPod): void {
    const live = new Set([...this.kongs].filter((kong) => this.isLive(kong)));
    this.decided.set(pod.target, { pod, atMs: this.world.nowMs, live });
  }

  /** Safe: nothing that a live gateway assigned is unfinished. Quiet: nor is what a lost one sends. Bounded: in time. */
  released(pod: SimPod, { outcome, blind, totalMs }: DrainSummary, tookMs: number): void {
    this.seen[outcome]++;
    if (blind) this.seen.blind++;
    if (tookMs > DRAIN.deadlineMs + TOLERANCE_MS) {
      this.broken('bounded', `${pod.name} answered after ${tookMs.toFixed(0)} ms`);
    }
    if (outcome !== 'released' || totalMs >= DRAIN.deadlineMs) return;
    const decision = this.decided.get(pod.target);
    if (decision?.pod !== pod) return;
    const { live } = decision;
    this.releases.set(pod.target, decision);
    for (const request of pod.requests) {
      if (request.target === pod.target && live.has(request.kong)) {
        this.broken('safe', `${request.kong.name}'s request ${request.id} is cut at ${pod.name}`);
      }
      if (!live.has(request.kong) && request.connectedMs < decision.atMs - SEEN_AFTER_MS) {
        this.broken('quiet', `lost ${request.kong.name}'s busy request is cut at ${pod.name}`);
      }
    }
  }

  /** When traffic and faults are over: Exact, Harmless, and that everyone agrees again. */
  atEnd(requests: readonly SimRequest[]): void {
    for (const kong of this.kongs) {
      const left = kong.inFlight();
      if (left !== 0) this.broken('exact', `${kong.name} still counts ${left} requests`);
      if (!kong.routesByView) this.broken('settles', `${kong.name} has no view`);
    }
    for (const [gateway, counts] of this.redis().model.counts) {
      const alive = [...this.kongs].some(({ name }) => name === gateway);
      if (alive)
        this.broken('exact', `the registry counts ${JSON.stringify(counts)} at ${gateway}`);
    }
    const lost = requests.filter(({ over, kong }) => !over && kong.process.alive);
    if (lost.length > 0) this.broken('harmless', `${lost.length} requests never ended`);
  }

  threw(where: string, error: unknown): void {
    this.broken('harmless', `${where} threw ${messageOf(error)}`);
  }

  /** It routes by a view, or the registry counts its lease as living. */
  private isLive(kong: SimKong): boolean {
    const { model, nowMs } = this.redis();
    const record = model.gateways.get(kong.name)?.record;
    return kong.routesByView || (record !== undefined && record.leaseUntilMs >= nowMs);
  }

  /** Two losses at once: the registry has lost the release since, and the agent that knew of it has died. */
  private isForgotten({ atMs }: Decision, { rememberedSinceMs }: SimKong): boolean {
    const { lastFailoverMs, lastFlushMs } = this.redis();
    return atMs < Math.max(lastFailoverMs, lastFlushMs) && atMs < rememberedSinceMs;
  }

  /** The registry has lost the release since and says that the target serves: to a gateway that was away at the release. */
  private isSaidAnew({ atMs, pod }: Decision): boolean {
    const { lastFailoverMs, lastFlushMs, model } = this.redis();
    const serves = model.targets.get(pod.target)?.state === 'serving';
    return atMs < lastFailoverMs || (atMs < lastFlushMs && serves);
  }

  private broken(invariant: Invariant, what: string): void {
    this.world.log(`VIOLATION of ${invariant}: ${what}`);
    this.violations.push({ invariant, atMs: this.world.nowMs, what });
  }
}
