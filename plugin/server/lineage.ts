/**
 * Owns the watch over who started this process. Kong's worker 0 sends SIGTERM to what it started when it ends, and SIGKILL a
 * moment later (ngx.pipe's destructor, ngx_http_lua_ffi_pipe_proc_destroy), whoever else of that Kong still has clients; of
 * one that crashes neither comes. So Kong starts a shell, and the plugin server behind it sees that the shell, or what
 * started that, is gone.
 * Invariant: it only reads; what cannot be told is no end. Of what started the parent only Kong matters: anything else may go
 * and leave a wrapper that lives on. To be imported first: who goes while the rest is loaded is missed otherwise.
 */
import { readFileSync } from 'node:fs';
import { parseStat, type ProcessStat } from '../../core/process-stat';

const CHECK_MS = 500;

const parent = process.ppid;
/** Kong's worker, where this process's parent is a shell of its. */
const worker = workerBehind(parent);

function statOf(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

function workerBehind(shell: number): number | undefined {
  const starter = statOf(shell)?.parent;
  return starter !== undefined && statOf(starter)?.name === 'nginx' ? starter : undefined;
}

/** Whether Kong started this process itself, and so will kill it too early. */
export function isKongsChild(): boolean {
  return statOf(parent)?.name === 'nginx';
}

/** Resolves when the process that started this one is gone, or, where that is a shell of Kong's, the worker that started it. */
export function orphaned(): Promise<void> {
  return new Promise((resolve) => {
    const look = setInterval(() => {
      const starter = worker && statOf(parent)?.parent;
      if (process.ppid === parent && (starter === worker || starter === undefined)) return;
      clearInterval(look);
      resolve();
    }, CHECK_MS).unref();
  });
}
