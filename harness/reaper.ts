/**
 * Owns the one thing that outlives the harness: a shell that kills what the harness started, as soon as the harness
 * is gone for whatever reason (Ctrl-C, a crash, SIGKILL).
 * Invariant: it knows each group before anything else can happen to the harness, and ends right after it.
 */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { Socket } from 'node:net';

// It reads "+ PGID" and "- PGID"; the end of its input is the end of the harness.
const SCRIPT = `
groups=' '
while read -r change pgid; do
  case $change in
    +) groups="$groups$pgid " ;;
    -) case $groups in *" $pgid "*) groups="\${groups%% $pgid *} \${groups#* $pgid }" ;; esac ;;
  esac
done
for pgid in $groups; do kill -s KILL -- "-$pgid" 2>/dev/null; done
`;

let input: Writable | undefined;

/** Adds (`+`) or removes (`-`) a process group. The first call starts the reaper. */
export function tellReaper(change: '+' | '-', pgid: number): void {
  input ??= startReaper();
  input.write(`${change} ${pgid}\n`);
}

function startReaper(): Writable {
  // A session of its own: Ctrl-C in the terminal must not end it before it has done its work.
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  shell.on('error', () => undefined);
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  shell.stdin.on('error', () => undefined);
  return shell.stdin;
}
