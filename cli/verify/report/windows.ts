/**
 * Owns the downtime, out of what became of each GET by the moment at which it was due.
 * Invariant: a GET that failed stands for the time until the next one that was due, so downtime is the share of failed
 * GETs in time, and does not hang on when their errors arrived.
 */
import { FAILED, NOT_ENDED, SUCCEEDED, type CourseRecord } from '../../../load/course';
import type { Counts } from '../../../load/tally';

/** In ms since the load began. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Failures that lie close together. */
export interface DowntimeWindow extends Span {
  /** Within it, the time in which no GET succeeded. */
  readonly downMs: number;
  readonly gets: number;
  readonly failed: Counts;
}

/** Failures further apart are two windows. */
const JOIN_MS = 1000;

/** When the GET of that number was due, in ms since the load began. */
export function dueMs({ perSecond }: Pick<CourseRecord, 'perSecond'>, number: number): number {
  return ((number + 1) * 1000) / perSecond;
}

/** The times in which no GET succeeded: from a failed one to the next that did, in order. */
export function outagesOf(course: CourseRecord): Span[] {
  const { outcomes } = course;
  const outages: Span[] = [];
  let fromMs: number | undefined;
  let lastEnded = -1;
  for (let number = 0; number < outcomes.length; number++) {
    const outcome = outcomes[number];
    if (outcome === NOT_ENDED) continue;
    lastEnded = number;
    if (outcome !== SUCCEEDED) fromMs ??= dueMs(course, number);
    else if (fromMs !== undefined) {
      outages.push({ fromMs, untilMs: dueMs(course, number) });
      fromMs = undefined;
    }
  }
  if (fromMs !== undefined) outages.push({ fromMs, untilMs: dueMs(course, lastEnded + 1) });
  return outages;
}

export function downtimeMs(outages: readonly Span[]): number {
  return outages.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
}

/** Outages less than a second apart, as one window each. */
export function windowsOf(course: CourseRecord): DowntimeWindow[] {
  const groups: Span[][] = [];
  for (const outage of outagesOf(course)) {
    const last = groups.at(-1)?.at(-1);
    if (last && outage.fromMs - last.untilMs < JOIN_MS) groups.at(-1)?.push(outage);
    else groups.push([outage]);
  }
  return groups.map((group) => {
    const fromMs = (group[0] as Span).fromMs;
    const untilMs = (group.at(-1) as Span).untilMs;
    return { fromMs, untilMs, downMs: downtimeMs(group), ...countsIn(course, fromMs, untilMs) };
  });
}

function countsIn(course: CourseRecord, fromMs: number, untilMs: number) {
  const { outcomes, kinds, perSecond } = course;
  const first = Math.max(0, Math.round((fromMs * perSecond) / 1000) - 1);
  const failed: Record<string, number> = {};
  let gets = 0;
  for (let number = first; number < outcomes.length; number++) {
    if (dueMs(course, number) >= untilMs) break;
    const outcome = outcomes[number] ?? NOT_ENDED;
    if (outcome === NOT_ENDED) continue;
    gets += 1;
    const kind = kinds[outcome - FAILED];
    if (kind !== undefined) failed[kind] = (failed[kind] ?? 0) + 1;
  }
  return { gets, failed };
}
