/**
 * Owns the load as a process of its own, as clients are machines of their own: the caller's event loop cannot delay it.
 * Invariant: it ends with its parent, and its result is the load's own.
 */
import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { DrainError } from '../../core/errors';
import { compiledEntry } from '../repository';
import type { Load, LoadEvents } from './load';
import type { LoadOptions } from './options';
import type { LoadResult, LoadSnapshot } from './result';

export type ToClient =
  | { readonly start: Omit<LoadOptions, 'journals'>; readonly checksJournals: boolean }
  | { readonly stop: readonly string[] };

export type FromClient =
  | { readonly snapshot: LoadSnapshot }
  | { readonly event: keyof LoadEvents; readonly args: unknown[] }
  | { readonly result: LoadResult };

/** As startLoad, in a process of its own; resolves when it has begun. Rejects with `LOAD_ENDED`, `NOT_BUILT`. */
export async function startClientMachine({ journals, ...start }: LoadOptions): Promise<Load> {
  const child = fork(compiledEntry('harness/load/client-main.ts'), {
    serialization: 'advanced',
    detached: true, // a session of its own, so that its niceness counts
  });
  const tell = (message: ToClient): void => void child.send(message);
  const load = new EventEmitter<LoadEvents>();
  let latest: LoadSnapshot | undefined;
  let stopped: Promise<LoadResult> | undefined;

  const result = new Promise<LoadResult>((resolve, reject) => {
    child.on('message', (message: FromClient) => {
      if ('snapshot' in message) latest = message.snapshot;
      else if ('event' in message) (load as EventEmitter).emit(message.event, ...message.args);
      else resolve(message.result);
    });
    child.on('exit', (code, signal) => {
      reject(new DrainError('LOAD_ENDED', `the load ended early: ${signal ?? String(code)}`));
    });
  });
  result.catch(() => undefined); // said by `stop`
  tell({ start, checksJournals: journals !== undefined });
  await Promise.race([once(child, 'message'), result]);

  const stop = async (): Promise<LoadResult> => {
    tell({ stop: journals?.() ?? [] });
    const counts = await result;
    latest = { ...counts, inFlight: 0, uploadsInFlight: [] };
    child.disconnect();
    return counts;
  };
  return Object.assign(load, {
    snapshot: () => latest as LoadSnapshot,
    stop: () => (stopped ??= stop()),
  });
}
