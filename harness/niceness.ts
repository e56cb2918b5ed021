/**
 * Owns who yields to whom on one machine. In a cluster the clients and the runtimes are other machines; here they yield
 * the processor to the gateways, the registry and the sidecars, so that what is measured is those and not the crowd.
 */
import { writeFileSync } from 'node:fs';

export const ELSEWHERE_NICENESS = 10;

/**
 * Where the kernel shares the processor by session (autogroup, sched(7)), niceness counts inside a session only; this
 * sets that of a whole session, by any of its processes. Elsewhere it does nothing.
 */
export function yieldSession(pid: number | 'self'): void {
  setSession(pid, ELSEWHERE_NICENESS);
}

/** The same while a process starts, which costs most where it is written in JavaScript. Returns what ends it. */
export function yieldWhileStarting(pid: number): () => void {
  if (process.getuid?.() !== 0) return () => undefined; // anyone may yield, but only root takes it back
  setSession(pid, ELSEWHERE_NICENESS);
  return () => setSession(pid, 0);
}

function setSession(pid: number | 'self', niceness: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, `${niceness}`);
  } catch {
    // No autogroups in this kernel, or the process has ended.
  }
}
