/**
 * Owns a command under whose rollout the load runs. Invariant: what it prints is passed on line by line; it is over when
 * `ended` resolves, which never rejects.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface CommandEnd {
  readonly atMs: number;
  /** Undefined of one that could not be started or was killed. */
  readonly code: number | undefined;
  /** Of one that did not end with 0: why, for people. */
  readonly problem?: string;
}

export interface RunningCommand {
  readonly words: readonly string[];
  readonly startedMs: number;
  readonly ended: Promise<CommandEnd>;
  /** Asks it to end, as Ctrl-C does. */
  interrupt(): void;
}

export function startCommand(
  words: readonly string[],
  print: (line: string) => void,
): RunningCommand {
  const [program = '', ...args] = words;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const told = [tell(child.stdout, print), tell(child.stderr, print)];
  const exit = new Promise<Omit<CommandEnd, 'atMs'>>((resolve) => {
    child.on('error', ({ message }) => resolve({ code: undefined, problem: message }));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve({ code });
      else if (code === null) resolve({ code: undefined, problem: `killed by ${String(signal)}` });
      else resolve({ code, problem: `exit code ${code}` });
    });
  });
  return {
    words,
    startedMs: Date.now(),
    ended: exit.then(async (end) => {
      const atMs = Date.now();
      // What it left running may keep its output open.
      if (end.code !== undefined) await Promise.race([Promise.all(told), exitedFor()]);
      return { ...end, atMs };
    }),
    interrupt: () => void child.kill('SIGINT'),
  };
}

const OUTPUT_MS = 500;

function exitedFor(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, OUTPUT_MS).unref());
}

function tell(stream: Readable, print: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    createInterface({ input: stream }).on('line', print).on('close', resolve);
  });
}
