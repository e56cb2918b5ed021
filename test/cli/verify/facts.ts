/** Owns a report's facts for pure tests: a good rollout, changed as a test says. */
import { factsOf, type Course, type Facts } from '../../../cli/verify/report/report';
import type { LoadResult } from '../../../load/result';
import { courseOf } from './course';

const spread = { p50: 1, p99: 3, max: 9 };

export function loadResult(changes: Partial<LoadResult> = {}): LoadResult {
  return {
    ...{
      requests: 100,
      failed: 0,
      uploads: 4,
      cut: 0,
      corrupt: 0,
      errors: {},
      gets: 100,
      posts: 0,
    },
    ...{ getFailed: {}, postFailed: {}, uploadFailed: {} },
    ...{ latencyMs: spread, serviceMs: spread, lateMs: spread, latencyHistogram: 'HIST' },
    ...{ skipped: 0, abandoned: 0, unchecked: 0, failures: [], uploadRuns: [] },
    course: courseOf('.'.repeat(100), 50),
    ...changes,
  };
}

export function factsFrom(result: Partial<LoadResult> = {}, course: Partial<Course> = {}): Facts {
  return factsOf({
    result: loadResult(result),
    sight: { pods: [], drains: [] },
    ...{ endedAtMs: 2000, interrupted: false, settledAtMs: 1900, version: '1.2.3' },
    command: {
      words: ['kubectl', 'rollout', 'restart', 'deployment/rt'],
      startedMs: 500,
      end: { atMs: 700, code: 0 },
    },
    waitCommand: undefined,
    load: {
      ...{ urls: ['http://shop.example:8000'], getPath: '/', getRate: 50 },
      ...{ uploadPath: '/upload', uploads: 4, uploadMb: 50 },
    },
    ...course,
  });
}
