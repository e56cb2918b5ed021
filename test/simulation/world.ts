/**
 * Owns virtual time, chance and the log of one simulation.
 * Invariant: the same seed gives the same sequence of events; between two events every promise that can settle has.
 */
import { seededRandom } from '../../core/random';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

const LOG_MAX = 4000;

export class World {
  nowMs = 0;
  events = 0;
  private readonly heap: Event[] = [];
  private order = 0;
  private settles = false;
  private readonly lines: string[] = [];
  private readonly random: () => number;

  constructor(readonly seed: number) {
    this.random = seededRandom(seed);
  }

  /** Does something after `ms`. */
  in(ms: number, run: () => void): void {
    this.push({ atMs: this.nowMs + Math.max(0, ms), order: this.order++, run });
  }

  /** Runs everything up to a point in time. */
  async run(untilMs: number): Promise<void> {
    for (let event = this.heap[0]; event && event.atMs <= untilMs; event = this.heap[0]) {
      this.pop();
      this.nowMs = event.atMs;
      this.events++;
      event.run();
      if (this.settles) await new Promise((resolve) => setImmediate(resolve));
      this.settles = false;
    }
    this.nowMs = untilMs;
  }

  /** Says that real code ran in this event: its promises must settle before the next one. */
  ranCode(): void {
    this.settles = true;
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  between(low: number, high: number): number {
    return low + this.random() * (high - low);
  }

  /** Mostly near `low`, seldom near `high`. */
  skewed(low: number, high: number): number {
    return low + this.random() ** 4 * (high - low);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  log(line: string): void {
    this.lines.push(`${this.nowMs.toFixed(1).padStart(9)} ${line}`);
    if (this.lines.length > LOG_MAX) this.lines.shift();
  }

  tail(lines: number): string {
    return this.lines.slice(-lines).join('\n');
  }

  private push(event: Event): void {
    const { heap } = this;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) {
        child++;
      }
      if (!before(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
