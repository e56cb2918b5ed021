/**
 * Owns the course of a load over time, in slices. Invariant: each GET that ended is in one slice, that of the moment at
 * which it was due.
 */
import { NOT_ENDED, SUCCEEDED, type CourseRecord } from '../../../load/course';

export interface Slice {
  readonly succeeded: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Series {
  readonly sliceMs: number;
  /** The last slice may be a part of one. */
  readonly untilMs: number;
  readonly slices: readonly Slice[];
}

const WIDTHS_MS = [100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000];
const SLICES_MAX = 240;

/** As fine as `SLICES_MAX` slices allow. `untilMs`: where the load ended, in ms since it began. */
export function seriesOf(course: CourseRecord, untilMs: number): Series {
  const sliceMs = WIDTHS_MS.find((width) => untilMs / width <= SLICES_MAX) ?? untilMs / SLICES_MAX;
  const slices: Slice[] = [];
  const perSlice = (course.perSecond * sliceMs) / 1000;
  for (let index = 0; index * sliceMs < untilMs; index++) {
    // Due at the very end of a slice is due in it.
    const [from, to] = [index, index + 1].map((count) => Math.floor(count * perSlice + 1e-9));
    slices.push(sliceOf(course, from ?? 0, to ?? 0));
  }
  return { sliceMs, untilMs, slices };
}

function sliceOf({ outcomes, latenciesMs }: CourseRecord, from: number, to: number): Slice {
  const latencies: number[] = [];
  let succeeded = 0;
  for (let number = from; number < Math.min(to, outcomes.length); number++) {
    if (outcomes[number] === NOT_ENDED) continue;
    if (outcomes[number] === SUCCEEDED) succeeded += 1;
    latencies.push(latenciesMs[number] ?? 0);
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.max(0, Math.ceil(share * latencies.length) - 1)] ?? 0;
  return {
    ...{ succeeded, failed: latencies.length - succeeded },
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
  };
}
