/**
 * Owns what happens to each pod of the pools between its deletion and its end, while this replica leads.
 * Invariant: it only adds to what hook and sidecar do by themselves; without it, or without Redis, they go on.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { DrainDuty, type DutyDeps } from './drain-duty';
import { describeResult, type PodEvent, type PodEventReason } from './pod-events';
import { poolPod, type PoolPod } from './pool-pod';

export interface ControllerDeps extends Omit<DutyDeps, 'isOver'> {
  readonly tell: (event: PodEvent) => void;
  /** Requests in flight at the target by the last reading; undefined where none is known. */
  readonly inFlight: (pod: PoolPod) => number | undefined;
}

interface Watched {
  readonly pod: PoolPod;
  readonly duty: DrainDuty;
  readonly told: Set<PodEventReason>;
}

export class Controller {
  private readonly watched = new Map<string, Watched>();

  private stopped = false;
  private readonly duties: DutyDeps;

  constructor(private readonly deps: ControllerDeps) {
    this.duties = { ...deps, isOver: () => this.stopped };
  }

  /** A pod is there, or has changed. */
  onPod(object: V1Pod): void {
    const pod = poolPod(object);
    if (!pod) return;
    const before = this.watched.get(pod.uid);
    const { duty, told } = before ?? { duty: new DrainDuty(pod, this.duties), told: new Set() };
    // A pod loses its address in the end; what it had is what is in the registry.
    const known = { ...pod, target: pod.target ?? before?.pod.target };
    const watched = { pod: known, duty, told };
    this.watched.set(pod.uid, watched);
    if (pod.deleting) this.tellBegun(watched);
    if (pod.deleting && pod.result) this.tellResult(watched, pod.result.outcome);
    if (pod.finished) duty.forget(known);
    else if (pod.deleting) duty.drain(known);
  }

  /** A pod is gone from the API. */
  onGone(object: V1Pod): void {
    this.onPod(object);
    const watched = this.watched.get(object.metadata?.uid ?? '');
    if (!watched) return;
    this.watched.delete(watched.pod.uid);
    if (!watched.pod.result) this.tellUnknown(watched);
    watched.duty.forget(watched.pod);
  }

  /** The pods that serve or may come to serve. */
  get pods(): readonly PoolPod[] {
    return [...this.watched.values()]
      .map(({ pod }) => pod)
      .filter(({ deleting, finished }) => !deleting && !finished);
  }

  /** Also of pods that are gone the registry is told no more. */
  stop(): void {
    this.stopped = true;
    for (const { duty } of this.watched.values()) duty.stop();
    this.watched.clear();
  }

  private tellBegun(watched: Watched): void {
    const { pool, target, graceSeconds } = watched.pod;
    const inFlight = this.deps.inFlight(watched.pod);
    const load = inFlight === undefined ? '' : `, ${inFlight} request(s) in flight`;
    this.tell(
      watched,
      'DrainBegun',
      `target ${target ?? '(no address yet)'} of pool ${pool} drains, ${graceSeconds ?? '?'} s of grace${load}`,
    );
  }

  private tellResult(watched: Watched, outcome: 'released' | 'cut'): void {
    const { result } = watched.pod;
    if (!result) return;
    this.tell(watched, outcome === 'cut' ? 'DrainCut' : 'DrainReleased', describeResult(result));
  }

  private tellUnknown(watched: Watched): void {
    const { finished, deleting, target } = watched.pod;
    if (finished && !deleting) return; // it ended by itself, a Job's for example
    if (target === undefined) return; // it never had an address, so nothing was ever sent to it
    const load = describeLoad(this.deps.inFlight(watched.pod));
    this.tell(watched, 'DrainUnknown', `the sidecar left no result: ${load}`);
  }

  private tell({ pod, told }: Watched, reason: PodEventReason, message: string): void {
    if (told.has(reason)) return;
    told.add(reason);
    const { name, namespace, uid } = pod;
    this.deps.tell({
      object: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
      reason,
      message,
    });
  }
}

function describeLoad(inFlight: number | undefined): string {
  if (inFlight === undefined) return 'what was in flight is unknown';
  return inFlight > 0
    ? `${inFlight} request(s) were in flight by the gateways' last reports`
    : 'by the gateways nothing was in flight';
}
