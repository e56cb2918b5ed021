/** Owns the CPU time of processes, as the kernel counts it. Invariant: user and system time together. */
import { readFileSync } from 'node:fs';

/** One clock tick of /proc, USER_HZ: 100 a second on Linux whatever the kernel's own (proc_pid_stat(5)). */
const TICK_US = 10_000;

/** The CPU time that living processes have used so far, µs; a process that is gone counts nothing. */
export function cpuTimeUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) * TICK_US, 0);
}

function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // From field 3, state; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
