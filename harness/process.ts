/**
 * Owns the processes that the harness starts. Invariant: each leads a process group of its own, so that it can be
 * ended with all it started, and is on the list of process-groups.ts until that whole group is gone.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DrainError } from '../core/errors';
import { killGroup, settleGroup, trackGroup } from './process-groups';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Laid over the harness's own environment; undefined takes a variable out. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Gets standard output and standard error, appended. */
  readonly logFile: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface HarnessProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  alive(): boolean;
  /** To the process alone, not to what it started; false if it is gone. */
  signal(signal: NodeJS.Signals): boolean;
  /** Signals the process (default SIGTERM), then SIGKILL to its whole group after it ended or `timeoutMs` (10 s). */
  stop(options?: StopOptions): Promise<Exit>;
}

export interface StopOptions {
  readonly signal?: NodeJS.Signals;
  readonly timeoutMs?: number;
}

/** Starts a command. Throws `CANNOT_START` when the system refuses it (not found, not executable). */
export function startProcess(options: ProcessOptions): HarnessProcess {
  const { name, command, args = [], env, cwd, logFile } = options;
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  // Without a listener the failure would also come as an uncaught exception.
  child.on('error', () => undefined);
  const { pid } = child;
  if (pid === undefined) {
    throw new DrainError('CANNOT_START', `cannot start ${name}: is "${command}" installed?`);
  }
  trackGroup(pid, name);

  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.on('exit', (code, signal) => {
      exit = { code, signal };
      settleGroup(pid);
      resolve(exit);
    });
  });
  const signal = (which: NodeJS.Signals): boolean => exit === undefined && child.kill(which);

  const stop = async ({
    signal: which = 'SIGTERM',
    timeoutMs = 10_000,
  }: StopOptions = {}): Promise<Exit> => {
    signal(which);
    const overdue = setTimeout(() => killGroup(pid), timeoutMs);
    const ended = await exited;
    clearTimeout(overdue);
    killGroup(pid);
    settleGroup(pid);
    return ended;
  };

  return { name, pid, logFile, exited, alive: () => exit === undefined, signal, stop };
}
