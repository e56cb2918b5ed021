/** Owns the shape of what a load reports. Invariant: the sums below hold in every snapshot and result. */
import type { CourseRecord } from './course';
import type { FailureKind } from './failure';
import type { Counts } from './tally';
import type { UploadProgress } from './upload';

export type RequestSort = 'get' | 'post' | 'upload';

/** One failed request, for timelines. */
export interface Failure {
  /** Wall clock, ms since the epoch, of the end. */
  readonly atMs: number;
  /** The same of its beginning; of a GET or POST, when it was due. */
  readonly fromMs: number;
  readonly sort: RequestSort;
  readonly kind: FailureKind;
  readonly gateway: string;
  /** It went out on a kept-alive connection used before. */
  readonly reusedConnection: boolean;
}

export interface LoadCounts {
  /** GETs and small POSTs that ended; failed ones among them (= the sums of getFailed and postFailed). */
  readonly requests: number;
  readonly failed: number;
  /** Uploads that ended; those that did not end with a 2xx (= the sum of uploadFailed); those answered with a wrong SHA-256. */
  readonly uploads: number;
  readonly cut: number;
  readonly corrupt: number;
  /** All failures by kind: failed + cut in number. */
  readonly errors: Counts;
  readonly gets: number;
  readonly posts: number;
  readonly getFailed: Counts;
  readonly postFailed: Counts;
  readonly uploadFailed: Counts;
}

/** One upload that ended, for timelines. Wall clock, ms since the epoch. */
export interface UploadRun {
  readonly number: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly sentBytes: number;
  /** `ok`, `corrupt`, `abandoned`, or the kind of failure that cut it. */
  readonly outcome: string;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadSnapshot extends LoadCounts {
  /** GETs and small POSTs begun and not ended. */
  readonly inFlight: number;
  readonly uploadsInFlight: readonly Readonly<UploadProgress>[];
}

export interface LoadResult extends LoadCounts {
  /** Of GETs, from the moment each was due (so free of coordinated omission), in ms. */
  readonly latencyMs: Spread;
  /** The same from the moment each was sent: what a closed loop would have said. */
  readonly serviceMs: Spread;
  /** `latencyMs` in HdrHistogram's own compressed form (microseconds). */
  readonly latencyHistogram: string;
  /** The generator's own lateness, in ms, and requests it never sent because it stood still over a second. */
  readonly lateMs: Spread;
  readonly skipped: number;
  /** Requests and uploads under way that `abandon` gave up; they are in no other count. */
  readonly abandoned: number;
  /** Uploads whose answer told no hash to compare. */
  readonly unchecked: number;
  /** The first thousand failures in order (of each process, where there are two). */
  readonly failures: readonly Failure[];
  readonly course: CourseRecord;
  /** The first twenty thousand uploads in the order of their ends. */
  readonly uploadRuns: readonly UploadRun[];
}
