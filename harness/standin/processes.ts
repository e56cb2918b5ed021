// Owns the look at nginx's worker processes through /proc (Linux). Invariant: reads only.

import { readdirSync, readFileSync } from 'node:fs';

/** A child process: its id and its title (nginx changes it to "… is shutting down"). */
export interface Child {
  pid: number;
  title: string;
}

function parentOf(pid: string): number | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // "pid (name) state ppid …": the name may hold anything, so count from its last bracket
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : Number(fields[1]);
}

/** The living children of `parent`; processes that vanish during the look are left out. */
export function childrenOf(parent: number): Child[] {
  const children: Child[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (parentOf(pid) === parent) {
        const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        children.push({ pid: Number(pid), title });
      }
    } catch {
      // gone between the listing and the reading
    }
  }
  return children;
}
