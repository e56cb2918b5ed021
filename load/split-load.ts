/**
 * Owns a load in two processes: what goes by the clock in one, uploads in another that yields to it, so that megabytes
 * never hold up the clock. Invariant: the figures are those that one process would have given, were it always in time.
 */
import { EventEmitter } from 'node:events';
import os from 'node:os';
import type { Load, LoadEvents } from './load';
import { startLoadProcess, type LoadProcess } from './load-process';
import type { LoadOptions } from './options';
import type { LoadCounts, LoadResult, LoadSnapshot } from './result';
import { sumCounts } from './tally';

const UPLOADS_NICENESS = 10;
const EVENTS = ['failure', 'upload-start', 'upload-progress', 'upload-end'] as const;

/** As startLoadProcess. Rejects with `LOAD_ENDED`, `NOT_BUILT`. */
export async function startSplitLoad(options: LoadOptions): Promise<Load> {
  const { uploads = 0 } = options;
  if (uploads === 0) return startLoadProcess(options);
  const load = new EventEmitter<LoadEvents>();
  // Heard from their first event on: what is begun is heard of before anything else runs here.
  const heard = (part: LoadProcess): LoadProcess => {
    for (const event of EVENTS) {
      part.on(event, (...args: unknown[]) => (load as EventEmitter).emit(event, ...args));
    }
    return part;
  };
  const uploading = heard(await startUploads(options));
  const clocked = heard(
    await startLoadProcess({ ...options, uploads: 0 }).catch(async (error: unknown) => {
      uploading.abandon();
      await uploading.stop();
      throw error;
    }),
  );
  let stopped: Promise<LoadResult> | undefined;
  const stop = async (): Promise<LoadResult> =>
    together(...(await Promise.all([clocked.stop(), uploading.stop()])));
  return Object.assign(load, {
    snapshot: (): LoadSnapshot => {
      const [rest, sent] = [clocked.snapshot(), uploading.snapshot()];
      const { uploadsInFlight } = sent;
      return { ...countsOf(rest, sent), inFlight: rest.inFlight, uploadsInFlight };
    },
    stop: () => (stopped ??= stop()),
    abandon: () => {
      clocked.abandon();
      uploading.abandon();
    },
  });
}

async function startUploads(options: LoadOptions): Promise<LoadProcess> {
  const { journals: _, ...rest } = options;
  const uploading = await startLoadProcess({ ...rest, getRate: 0, postRate: 0 });
  os.setPriority(uploading.pid, UPLOADS_NICENESS);
  return uploading;
}

function countsOf(clocked: LoadCounts, uploading: LoadCounts): LoadCounts {
  const { requests, failed, gets, posts, getFailed, postFailed } = clocked;
  const { uploads, cut, corrupt, uploadFailed } = uploading;
  return {
    ...{ requests, failed, gets, posts, getFailed, postFailed },
    ...{ uploads, cut, corrupt, uploadFailed },
    errors: sumCounts(clocked.errors, uploading.errors),
  };
}

function together(clocked: LoadResult, uploading: LoadResult): LoadResult {
  const failures = [...clocked.failures, ...uploading.failures].sort((a, b) => a.atMs - b.atMs);
  return {
    ...clocked,
    ...countsOf(clocked, uploading),
    failures,
    abandoned: clocked.abandoned + uploading.abandoned,
    ...{ unchecked: uploading.unchecked, uploadRuns: uploading.uploadRuns },
  };
}
