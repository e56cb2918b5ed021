// Owns the look at nginx's worker processes through /proc (Linux). Invariant: reads only.

import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from '../../core/process-stat';

/** A child process: its id and its title (nginx changes it to "… is shutting down"). */
export interface Child {
  pid: number;
  title: string;
}

function parentOf(pid: string): number | undefined {
  const { state, parent } = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return state === 'Z' ? undefined : parent;
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
