/**
 * Owns this replica's candidacy: it leads while it renews the Lease, and stops leading before the Lease ends. One that is
 * stopped gives the Lease up first, and leads on until another does: a drained node takes a leader and pods at once, and
 * the end of a pod that drained meanwhile would be nobody's to tell. Invariant: what the leader does is idempotent, so that
 * two for a moment do no harm.
 */
import {
  ApiException,
  V1MicroTime,
  type CoordinationV1Api,
  type V1Lease,
} from '@kubernetes/client-node';
import { pause, type Clock } from '../../core/clock';
import { callMessage } from '../call-error';
import { leaseMove, type LeaseSight } from './leadership';

export interface ElectorOptions {
  readonly namespace: string;
  readonly lease: string;
  /** Unique per process. */
  readonly me: string;
  readonly durationMs: number;
  readonly retryMs: number;
}

export interface ElectorDeps {
  readonly leases: CoordinationV1Api;
  readonly clock: Clock;
  readonly onLeading: (leads: boolean) => void;
  readonly onError: (message: string) => void;
}

/** Of the duration; then a leader that cannot renew lets go. */
const LET_GO_SHARE = 2 / 3;
/** Of the duration, for another to take the lease at one of its next rounds; there may be no other. */
const HANDOVER_SHARE = 1 / 2;
const HANDOVER_MAX_MS = 8000;
const LOOK_MS = 250;
/** For the other to see all pods; it does not say when it has. */
const LISTING_MS = 1000;

export class Elector {
  private sight: LeaseSight | undefined;
  private leads = false;
  private stopped = false;
  private rounding: Promise<void> = Promise.resolve();
  private cancel: () => void = () => undefined;
  private cancelLetGo: () => void = () => undefined;

  constructor(
    private readonly options: ElectorOptions,
    private readonly deps: ElectorDeps,
  ) {}

  start(): void {
    this.rounding = this.round();
    void this.rounding.then(() => {
      if (!this.stopped)
        this.cancel = this.deps.clock.after(this.options.retryMs, () => this.start());
    });
  }

  /** Stops, with the lease given up so that another replica need not wait for its end. Never rejects. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.rounding; // its write and the one below would refuse one another
    const lease = this.sight?.lease;
    if (lease?.spec?.holderIdentity === this.options.me) {
      lease.spec.holderIdentity = '';
      await this.write(lease).then(
        () => this.handOver(),
        () => undefined,
      );
    }
    this.cancelLetGo();
    this.setLeads(false);
  }

  /** Leads on until another does, or nobody comes. */
  private async handOver(): Promise<void> {
    const { clock } = this.deps;
    const mostMs = Math.min(this.options.durationMs * HANDOVER_SHARE, HANDOVER_MAX_MS);
    const endMs = clock.nowMs() + mostMs;
    while (this.leads && clock.nowMs() < endMs) {
      const lease = await this.read().catch(() => undefined);
      if (lease?.spec?.holderIdentity) return pause(clock, LISTING_MS);
      await pause(clock, LOOK_MS);
    }
  }

  private async round(): Promise<void> {
    const { clock, onError } = this.deps;
    const startMs = clock.nowMs();
    try {
      await this.look();
      const lost = !(await this.move());
      if (this.stopped) return;
      if (lost) this.setLeads(false);
      else this.leadFrom(startMs);
    } catch (error) {
      onError(callMessage(error));
    }
  }

  /** Leads until the lease nears its end. By a timer: a renewal that hangs must not keep the lead. */
  private leadFrom(renewedMs: number): void {
    const letGoMs = renewedMs + this.options.durationMs * LET_GO_SHARE;
    const leftMs = letGoMs - this.deps.clock.nowMs();
    this.cancelLetGo();
    if (leftMs > 0) this.cancelLetGo = this.deps.clock.after(leftMs, () => this.setLeads(false));
    this.setLeads(leftMs > 0);
  }

  private async look(): Promise<void> {
    const lease = await this.read();
    const version = lease?.metadata?.resourceVersion;
    if (!this.sight || version !== this.sight.lease?.metadata?.resourceVersion) {
      this.sight = { lease, sinceMs: this.deps.clock.nowMs() };
    }
  }

  /** Returns whether the lease is ours now. */
  private async move(): Promise<boolean> {
    const sight = this.sight ?? { lease: undefined, sinceMs: 0 };
    const { me, durationMs, lease: name } = this.options;
    const move = leaseMove(sight, me, this.deps.clock.nowMs());
    if (move === 'wait') return false;
    const now = new V1MicroTime();
    const before = sight.lease?.spec;
    const next: V1Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: sight.lease?.metadata ?? { name },
      spec: {
        holderIdentity: me,
        leaseDurationSeconds: Math.ceil(durationMs / 1000),
        acquireTime: move === 'renew' ? (before?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (before?.leaseTransitions ?? 0) + (move === 'take' ? 1 : 0),
      },
    };
    try {
      const written = await this.write(next);
      this.sight = { lease: written, sinceMs: this.deps.clock.nowMs() };
      return true;
    } catch (error) {
      if (error instanceof ApiException && error.code === 409) return false; // another was first
      throw error;
    }
  }

  private async read(): Promise<V1Lease | undefined> {
    const { namespace, lease: name } = this.options;
    try {
      return await this.deps.leases.readNamespacedLease({ namespace, name });
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw error;
    }
  }

  private write(body: V1Lease): Promise<V1Lease> {
    const { namespace, lease: name } = this.options;
    return body.metadata?.resourceVersion === undefined
      ? this.deps.leases.createNamespacedLease({ namespace, body })
      : this.deps.leases.replaceNamespacedLease({ namespace, name, body });
  }

  private setLeads(leads: boolean): void {
    if (leads === this.leads) return;
    this.leads = leads;
    this.deps.onLeading(leads);
  }
}
