/**
 * Owns what the registry must be told of one pod, until it was: its target drains, or the pod is gone.
 * Invariant: a registry that is away is asked again until it answers or the duty has become pointless.
 */
import type { Clock } from '../../core/clock';
import { messageOf } from '../../core/errors';
import type { PoolKeeper } from '../../registry/pool-keeper';
import type { PoolPod } from './pool-pod';

type Task = 'drain' | 'forget';

export interface DutyDeps {
  readonly keeper: (pool: string) => PoolKeeper;
  readonly clock: Clock;
  /** Nothing is told any more, whatever is still owed. */
  readonly isOver: () => boolean;
  readonly onDone: (task: Task, pod: PoolPod, answer: string) => void;
  readonly onFailed: (task: Task, pod: PoolPod, message: string) => void;
}

const RETRY_MS = 500;
/** A target that is not there yet may still be announced; one that was released never is. */
const UNKNOWN_RETRY_MS = 2000;
/** For so long a pod that is gone is worth a word: leases have long ended by then. */
const FORGET_FOR_MS = 10 * 60_000;

export class DrainDuty {
  private task: Task | undefined;
  private cancel: () => void = () => undefined;
  private pod: PoolPod;
  private forgetSinceMs = 0;
  /** Counts the tasks, so that an answer that comes late does not end the next one. */
  private turn = 0;

  constructor(
    pod: PoolPod,
    private readonly deps: DutyDeps,
  ) {
    this.pod = pod;
  }

  /** Sees to it that the pod's target drains. */
  drain(pod: PoolPod): void {
    this.pod = pod;
    if (this.task !== undefined || pod.target === undefined) return;
    this.begin('drain');
  }

  /** Sees to it that nothing of the pod is left. */
  forget(pod: PoolPod): void {
    this.pod = pod;
    if (this.task === 'forget') return;
    this.forgetSinceMs = this.deps.clock.nowMs();
    this.begin('forget');
  }

  stop(): void {
    this.turn++;
    this.cancel();
  }

  private begin(task: Task): void {
    this.stop();
    this.task = task;
    void this.attempt(task, this.turn);
  }

  private async attempt(task: Task, turn: number): Promise<void> {
    const { pod, deps } = this;
    if (deps.isOver()) return;
    let againMs: number | undefined;
    try {
      const answer = await this.tell(task);
      if (turn !== this.turn) return;
      deps.onDone(task, pod, answer);
      againMs = answer === 'unknown' ? UNKNOWN_RETRY_MS : undefined;
    } catch (error) {
      if (turn !== this.turn) return;
      deps.onFailed(task, pod, messageOf(error));
      const late = task === 'forget' && deps.clock.nowMs() - this.forgetSinceMs > FORGET_FOR_MS;
      againMs = late ? undefined : RETRY_MS;
    }
    if (againMs !== undefined) {
      this.cancel = deps.clock.after(againMs, () => void this.attempt(task, turn));
    }
  }

  private async tell(task: Task): Promise<string> {
    const { pool, podId, target } = this.pod;
    if (target === undefined) return 'no address';
    const keeper = this.deps.keeper(pool);
    if (task === 'drain') return keeper.drain(target, podId);
    return (await keeper.forget(target, podId)) ? 'forgotten' : 'nothing';
  }
}
