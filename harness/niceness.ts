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
  try {
    writeFileSync(`/proc/${pid}/autogroup`, `${ELSEWHERE_NICENESS}`);
  } catch {
    // No autogroups in this kernel, or the process has ended.
  }
}
