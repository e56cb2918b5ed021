/**
 * Owns one simulated process: it lives on a machine with a clock of its own rate, can be paused (SIGSTOP) and killed.
 * Invariant: nothing of it runs while it is paused or after it was killed; what came meanwhile comes after, in order.
 */
import type { Clock } from '../../core/clock';
import type { World } from './world';

/** A machine's monotonic clock: the same for all of its processes. */
export interface MachineClock {
  readonly rate: number;
  readonly offsetMs: number;
}

export class SimProcess {
  alive = true;
  /** For how long it stood still until now, in all. */
  pausedMs = 0;
  private pausedUntilMs = 0;
  private readonly held: (() => void)[] = [];

  constructor(
    readonly name: string,
    readonly world: World,
    private readonly machine: MachineClock,
  ) {}

  readonly clock: Clock = {
    nowMs: () => this.machine.offsetMs + this.world.nowMs * this.machine.rate,
    after: (ms, callback) => {
      let cancelled = false;
      this.world.in(ms / this.machine.rate, () =>
        this.deliver(() => {
          if (!cancelled) callback();
        }),
      );
      return () => (cancelled = true);
    },
  };

  /** Runs real code in the process, now or when it goes on. */
  deliver(run: () => void): void {
    if (!this.alive) return;
    if (this.paused) {
      this.held.push(run);
      return;
    }
    this.world.ranCode();
    run();
  }

  get paused(): boolean {
    return this.world.nowMs < this.pausedUntilMs;
  }

  pause(ms: number): void {
    if (!this.alive || this.paused) return;
    this.world.log(`${this.name} stands still for ${ms.toFixed(0)} ms`);
    this.pausedUntilMs = this.world.nowMs + ms;
    this.pausedMs += ms;
    this.world.in(ms, () => this.resume());
  }

  kill(): void {
    this.alive = false;
    this.held.length = 0;
  }

  private resume(): void {
    const next = this.held.shift();
    if (!next || !this.alive) return;
    this.world.ranCode();
    next();
    this.world.in(0.01, () => this.resume());
  }
}
