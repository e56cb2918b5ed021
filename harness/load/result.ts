/** Owns the shape of what a load reports. Invariant: the sums below hold in every snapshot and result. */
import type { FailureKind } from './failure';
import type { Counts } from './tally';
import type { UploadProgress } from './upload';

export type RequestSort = 'get' | 'post' | 'upload';

/** One failed request, for timelines. */
export interface Failure {
  /** Wall clock, ms since the epoch, of the end. */
  readonly atMs: number;
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
  /** The generator's own lateness, in ms, and requests it never sent because it stood still over a second. */
  readonly lateMs: Spread;
  readonly skipped: number;
  /** The first thousand failures in order. */
  readonly failures: readonly Failure[];
}
