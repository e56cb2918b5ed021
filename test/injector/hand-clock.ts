/** Owns a clock for tests. Invariant: time passes by `turnTo` alone, and what is due is called in order. */
import type { Clock } from '../../core/clock';

export class HandClock implements Clock {
  private now = 0;
  private readonly waiting = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  nowMs(): number {
    return this.now;
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { atMs: this.now + ms, callback };
    this.waiting.add(entry);
    return () => this.waiting.delete(entry);
  }

  turnTo(ms: number): void {
    const due = [...this.waiting].filter(({ atMs }) => atMs <= ms).sort((a, b) => a.atMs - b.atMs);
    for (const entry of due) {
      this.now = entry.atMs;
      if (this.waiting.delete(entry)) entry.callback();
    }
    this.now = ms;
  }
}
