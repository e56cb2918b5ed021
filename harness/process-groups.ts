/**
 * Owns the list of process groups that the harness started, and how they are ended together.
 * Invariant: a group is on the list, here and in the reaper, until its last member is gone; nothing else is ever killed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { DrainError } from '../core/errors';
import { parseStat } from '../core/process-stat';
import { tellReaper } from './reaper';
import { waitFor } from './wait';

export interface LiveGroup {
  readonly pgid: number;
  readonly name: string;
  readonly pids: readonly number[];
}

const groups = new Map<number, string>();

/** Takes a group (its leader's pid) on the list, under a name for messages. */
export function trackGroup(pgid: number, name: string): void {
  groups.set(pgid, name);
  tellReaper('+', pgid);
}

/** SIGKILL to every member of a group of ours; nothing if it is gone. */
export function killGroup(pgid: number): void {
  if (!groups.has(pgid)) return;
  try {
    process.kill(-pgid, 'SIGKILL');
  } catch {
    // ESRCH: the last member went by itself.
  }
}

/** The groups of ours that still have a member which is no zombie. Forgets the others. */
export function liveGroups(): LiveGroup[] {
  const live: LiveGroup[] = [];
  for (const [pgid, name] of groups) {
    const pids = membersOf(pgid);
    if (pids.length > 0) live.push({ pgid, name, pids });
    else forget(pgid);
  }
  return live;
}

/** The living members of a group of ours. */
export function groupPids(pgid: number): number[] {
  return groups.has(pgid) ? membersOf(pgid) : [];
}

/** Waits `patienceMs` for a group to go by itself, then kills what is left. */
export async function endGroup(pgid: number, patienceMs: number): Promise<void> {
  const isGone = (): boolean => groupPids(pgid).length === 0;
  await waitFor('a group to end', isGone, { timeoutMs: patienceMs }).catch(() => killGroup(pgid));
  settleGroup(pgid);
}

/** Forgets a group if it is empty, so that its number, used anew by the system, is never taken for ours. */
export function settleGroup(pgid: number): void {
  if (groups.has(pgid) && membersOf(pgid).length === 0) forget(pgid);
}

/** Ends everything the harness started, with SIGKILL, and resolves when it is gone (5 s at most). */
export async function killAll(): Promise<void> {
  for (const { pgid } of liveGroups()) killGroup(pgid);
  await waitFor('killed processes to go', () => liveGroups().length === 0, { timeoutMs: 5000 });
}

/** Throws `PROCESS_LEAK`, after killing them, if processes of the harness still live. For the end of a suite. */
export async function assertNoProcessLeaks(): Promise<void> {
  const leaks = liveGroups();
  if (leaks.length === 0) return;
  await killAll();
  const names = leaks.map(({ name, pids }) => `${name} (${pids.join(', ')})`).join('; ');
  throw new DrainError('PROCESS_LEAK', `still alive at the end, stop what you start: ${names}`);
}

function forget(pgid: number): void {
  groups.delete(pgid);
  tellReaper('-', pgid);
}

function membersOf(pgid: number): number[] {
  try {
    process.kill(-pgid, 0);
  } catch {
    return [];
  }
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && livesInGroup(entry, pgid))
    .map(Number);
}

function livesInGroup(pid: string, pgid: number): boolean {
  try {
    const { group, state } = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return group === pgid && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
