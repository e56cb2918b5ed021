/**
 * Owns the load as a process of its own, as clients are machines of their own: the caller's event loop cannot delay it.
 * Invariant: it ends with its parent, and its result is the load's own.
 */
import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { DrainError } from '../core/errors';
import type { Load, LoadEvents } from './load';
import type { LoadOptions } from './options';
import type { LoadResult, LoadSnapshot } from './result';

export type ToClient =
  | { readonly start: Omit<LoadOptions, 'journals'>; readonly checksJournals: boolean }
  | { readonly stop: readonly string[] }
  | { readonly abandon: true };

export interface LoadProcess extends Load {
  readonly pid: number;
}

export type FromClient =
  | { readonly snapshot: LoadSnapshot }
  | { readonly event: keyof LoadEvents; readonly args: unknown[] }
  | { readonly result: LoadResult };

/** As startLoad, in a process of its own; resolves when it has begun. Rejects with `LOAD_ENDED`, `NOT_BUILT`. */
export async function startLoadProcess({ journals, ...start }: LoadOptions): Promise<LoadProcess> {
  const child = fork(compiledMain(), {
    serialization: 'advanced',
    detached: true, // Ctrl-C is its parent's to answer, and its niceness its own session's
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
    abandon: () => {
      if (child.connected) tell({ abandon: true });
    },
    pid: child.pid ?? 0,
  });
}

/** Beside this file in a build; where the sources run (jest), in dist/. */
function compiledMain(): string {
  const entry = [__dirname, path.join(__dirname, '..', 'dist', 'load')]
    .map((dir) => path.join(dir, 'main.js'))
    .find((file) => existsSync(file));
  if (entry !== undefined) return entry;
  throw new DrainError('NOT_BUILT', 'dist/load/main.js is missing: run "npm run build" first');
}
