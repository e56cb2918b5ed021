/**
 * Owns what `verify` reports, in JSON as in pictures. Invariant: every figure is the load's own count or made of it; all
 * times are ms since the load began, but `startedAt`.
 */
import type { LoadResult, Spread } from '../../../load/result';
import { sumCounts, type Counts } from '../../../load/tally';
import type { PodLife, RolloutSight } from '../rollout/sight';
import type { CommandEnd } from '../rollout/command';
import { drainsDuring } from './line-up';
import { seriesOf, type Series } from './series';
import { downtimeMs, outagesOf, windowsOf, type DowntimeWindow } from './windows';

export interface Drain {
  readonly target: string;
  readonly pod?: string;
  readonly by?: string;
  readonly fromMs: number;
  readonly untilMs?: number;
  readonly acks: readonly { readonly gateway: string; readonly atMs: number }[];
  readonly heldUntilMs?: number;
  readonly outcome?: 'released' | 'cut';
  /** Failed requests and uploads that overlap it. */
  readonly failed: number;
}

export interface FailureLine {
  readonly sort: 'get' | 'post' | 'upload';
  readonly kind: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly url: string;
  readonly reusedConnection: boolean;
  /** Places in `drains` of those that it overlaps. */
  readonly drains: readonly number[];
}

export interface CommandReport {
  readonly words: readonly string[];
  readonly fromMs: number;
  readonly untilMs?: number;
  readonly code?: number;
  readonly problem?: string;
}

export interface Facts {
  readonly gets: number;
  readonly getFailed: Counts;
  readonly uploads: number;
  readonly uploadsFailed: Counts;
  /** Uploads that the service answered with another hash than was sent; in no other count of failures. */
  readonly corrupt: number;
  readonly downtimeMs: number;
  /** Of GETs, from the moment each was due: corrected for coordinated omission. */
  readonly latencyMs: Spread;
  /** From the moment each was sent: not corrected. */
  readonly serviceMs: Spread;
  /** `latencyMs` whole, in HdrHistogram's compressed form (microseconds). */
  readonly latencyHistogram: string;
  /** How late the load generator itself was. */
  readonly schedulingErrorMs: Spread;
  /** Never sent, because the generator stood still for more than a second. */
  readonly skipped: number;
  /** Given up at Ctrl-C; in no other count. */
  readonly abandoned: number;
  /** Uploads whose answer told no hash. */
  readonly unchecked: number;
  readonly startedAt: string;
  readonly endedMs: number;
  readonly interrupted: boolean;
  /** When the rollout had settled; missing where it had not, or where there was no command. */
  readonly settledMs?: number;
  readonly command?: CommandReport;
  readonly waitCommand?: CommandReport;
  readonly windows: readonly (DowntimeWindow & { readonly drains: readonly number[] })[];
  /** The first thousand. */
  readonly failures: readonly FailureLine[];
  readonly drains: readonly Drain[];
  readonly pods: readonly PodLife[];
  /** The first twenty thousand. */
  readonly uploadRuns: LoadResult['uploadRuns'];
  readonly series: Series;
  readonly load: LoadDescription;
  readonly version: string;
}

export interface LoadDescription {
  readonly urls: readonly string[];
  readonly getPath: string;
  readonly getRate: number;
  readonly uploadPath: string;
  readonly uploads: number;
  readonly uploadMb: number;
}

export interface Course {
  readonly result: LoadResult;
  readonly sight: RolloutSight;
  readonly endedAtMs: number;
  readonly interrupted: boolean;
  readonly settledAtMs: number | undefined;
  readonly command: RanCommand | undefined;
  readonly waitCommand: RanCommand | undefined;
  readonly load: LoadDescription;
  readonly version: string;
}

export interface RanCommand {
  readonly words: readonly string[];
  readonly startedMs: number;
  /** Undefined where it was still running at the end. */
  readonly end: CommandEnd | undefined;
}

/** All that is known, brought to one clock and lined up. */
export function factsOf(course: Course): Facts {
  const { result, sight, command, waitCommand, settledAtMs } = course;
  const { startedAtMs } = result.course;
  const since = (atMs: number): number => Math.round(atMs - startedAtMs);
  const windows = windowsOf(result.course);
  const bare = sight.drains.map((drain) => ({
    ...drain,
    fromMs: since(drain.fromMs),
    ...(drain.untilMs === undefined ? {} : { untilMs: since(drain.untilMs) }),
    ...(drain.heldUntilMs === undefined ? {} : { heldUntilMs: since(drain.heldUntilMs) }),
    acks: drain.acks.map(({ gateway, atMs }) => ({ gateway, atMs: since(atMs) })),
    failed: 0,
  }));
  const failures = result.failures.map(
    ({ sort, kind, gateway, fromMs, atMs, reusedConnection }) => {
      const span = { fromMs: since(fromMs), untilMs: since(atMs) };
      return {
        sort,
        kind,
        ...span,
        url: gateway,
        reusedConnection,
        drains: drainsDuring(span, bare),
      };
    },
  );
  return {
    gets: result.gets,
    getFailed: result.getFailed,
    uploads: result.uploads,
    uploadsFailed: result.uploadFailed,
    corrupt: result.corrupt,
    downtimeMs: Math.round(downtimeMs(outagesOf(result.course))),
    latencyMs: result.latencyMs,
    serviceMs: result.serviceMs,
    schedulingErrorMs: result.lateMs,
    ...{ skipped: result.skipped, abandoned: result.abandoned, unchecked: result.unchecked },
    startedAt: new Date(startedAtMs).toISOString(),
    endedMs: since(course.endedAtMs),
    interrupted: course.interrupted,
    ...(settledAtMs === undefined ? {} : { settledMs: since(settledAtMs) }),
    ...(command ? { command: commandReport(command, since) } : {}),
    ...(waitCommand ? { waitCommand: commandReport(waitCommand, since) } : {}),
    windows: windows.map((window) => ({ ...window, drains: drainsDuring(window, bare) })),
    drains: bare.map((drain, index) => ({
      ...drain,
      failed: failures.filter(({ drains }) => drains.includes(index)).length,
    })),
    pods: sight.pods.map((life) => ({
      ...life,
      phases: life.phases.map(({ phase, fromMs, untilMs }) => ({
        ...{ phase, fromMs: since(fromMs) },
        ...(untilMs === undefined ? {} : { untilMs: since(untilMs) }),
      })),
    })),
    failures,
    uploadRuns: result.uploadRuns.map((run) => ({
      ...run,
      ...{ fromMs: since(run.fromMs), untilMs: since(run.untilMs) },
    })),
    series: seriesOf(result.course, since(course.endedAtMs)),
    latencyHistogram: result.latencyHistogram,
    ...{ load: course.load, version: course.version },
  };
}

/** Everything that was lost: failed GETs, failed uploads, corrupt ones. */
export function lostOf({
  getFailed,
  uploadsFailed,
  corrupt,
}: Pick<Facts, 'getFailed' | 'uploadsFailed' | 'corrupt'>): number {
  const counts = Object.values(sumCounts(getFailed, uploadsFailed));
  return counts.reduce((sum, count) => sum + count, corrupt);
}

function commandReport(
  { words, startedMs, end }: RanCommand,
  since: (atMs: number) => number,
): CommandReport {
  return {
    words,
    fromMs: since(startedMs),
    ...(end ? { untilMs: since(end.atMs) } : {}),
    ...(end?.code === undefined ? {} : { code: end.code }),
    ...(end?.problem === undefined ? {} : { problem: end.problem }),
  };
}
