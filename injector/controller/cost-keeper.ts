/**
 * Owns the rounds that read the pools' loads and keep the pods' deletion costs by them.
 * Invariant: at most `WRITES_A_ROUND` writes a round, the idle and the busiest changes first; a pool whose load cannot be
 * read keeps the costs that it has.
 */
import {
  ApiException,
  PatchStrategy,
  setHeaderOptions,
  type CoreV1Api,
} from '@kubernetes/client-node';
import type { Clock } from '../../core/clock';
import { callMessage } from '../call-error';
import type { PoolKeeper } from '../../registry/pool-keeper';
import { costToWrite } from './deletion-cost';
import { POD_DELETION_COST, type PoolPod } from './pool-pod';

export interface CostKeeperDeps {
  readonly core: CoreV1Api;
  readonly clock: Clock;
  readonly keeper: (pool: string) => PoolKeeper;
  readonly pods: () => readonly PoolPod[];
  readonly onWritten: () => void;
  readonly onError: (message: string) => void;
}

export interface CostKeeperOptions {
  readonly roundMs: number;
  /** Between two writes to one pod. */
  readonly leastMs: number;
}

interface DueWrite {
  readonly pod: PoolPod;
  readonly cost: number;
}

const WRITES_A_ROUND = 20;

export class CostKeeper {
  private readonly loads = new Map<string, ReadonlyMap<string, number>>();
  private readonly writtenMs = new Map<string, number>();
  private stopped = false;
  private cancel: () => void = () => undefined;

  constructor(
    private readonly deps: CostKeeperDeps,
    private readonly options: CostKeeperOptions,
  ) {}

  start(): void {
    void this.round()
      .catch((error: unknown) => this.deps.onError(callMessage(error)))
      .then(() => {
        if (this.stopped) return;
        this.cancel = this.deps.clock.after(this.options.roundMs, () => this.start());
      });
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  /** Requests in flight at the pod by the last round; undefined where its pool could not be read. */
  inFlight({ pool, target }: PoolPod): number | undefined {
    return target === undefined ? undefined : this.loadOf(pool, target);
  }

  private loadOf(pool: string, target: string): number | undefined {
    const load = this.loads.get(pool);
    return load && (load.get(target) ?? 0);
  }

  private async round(): Promise<void> {
    const pods = this.deps.pods();
    await this.readLoads(new Set(pods.map(({ pool }) => pool)));
    const alive = new Set(pods.map(({ uid }) => uid));
    for (const uid of this.writtenMs.keys()) if (!alive.has(uid)) this.writtenMs.delete(uid);
    const due = pods.flatMap((pod) => this.due(pod));
    due.sort((a, b) => change(b) - change(a) || this.writtenAt(a) - this.writtenAt(b));
    for (const write of due.slice(0, WRITES_A_ROUND)) {
      if (this.stopped) return;
      await this.write(write);
    }
  }

  /** Of the same change the one that has waited longest comes first. */
  private writtenAt({ pod }: DueWrite): number {
    return this.writtenMs.get(pod.uid) ?? 0;
  }

  private async readLoads(pools: ReadonlySet<string>): Promise<void> {
    for (const pool of this.loads.keys()) if (!pools.has(pool)) this.loads.delete(pool);
    await Promise.all(
      [...pools].map(async (pool) => {
        try {
          this.loads.set(pool, await this.deps.keeper(pool).inFlight());
        } catch (error) {
          this.loads.delete(pool);
          this.deps.onError(callMessage(error));
        }
      }),
    );
  }

  private due(pod: PoolPod): DueWrite[] {
    const inFlight = this.inFlight(pod);
    if (!pod.keepsCost || inFlight === undefined) return [];
    const writtenAgoMs = this.deps.clock.nowMs() - (this.writtenMs.get(pod.uid) ?? -Infinity);
    const cost = costToWrite({ written: pod.cost, inFlight, writtenAgoMs }, this.options.leastMs);
    return cost === undefined ? [] : [{ pod, cost }];
  }

  private async write({ pod, cost }: DueWrite): Promise<void> {
    const { name, namespace, uid } = pod;
    this.writtenMs.set(uid, this.deps.clock.nowMs());
    try {
      await this.deps.core.patchNamespacedPod(
        // With the UID, so that a StatefulSet's next pod of the name is not meant.
        {
          name,
          namespace,
          body: { metadata: { uid, annotations: { [POD_DELETION_COST]: String(cost) } } },
        },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
      this.deps.onWritten();
    } catch (error) {
      const gone = error instanceof ApiException && [404, 409].includes(error.code);
      if (!gone) this.deps.onError(`deletion cost of ${namespace}/${name}: ${callMessage(error)}`);
    }
  }
}

function change({ pod, cost }: DueWrite): number {
  const before = pod.cost ?? 0;
  return before === 0 || cost === 0 ? Infinity : Math.abs(cost - before);
}
