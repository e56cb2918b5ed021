/** Owns the CPU time of processes, as the kernel counts it. Invariant: user and system time together. */
import { readFileSync } from 'node:fs';
import { parseStat } from '../core/process-stat';

/** One clock tick of /proc, USER_HZ: 100 a second on Linux whatever the kernel's own (proc_pid_stat(5)). */
const TICK_US = 10_000;

/** The CPU time that living processes have used so far, µs; a process that is gone counts nothing. */
export function cpuTimeUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) * TICK_US, 0);
}

function ticksOf(pid: number): number {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).ticks;
  } catch {
    return 0;
  }
}
