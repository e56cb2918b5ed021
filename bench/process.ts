/** Owns what the benches share as processes. Invariant: whatever happens, nothing that one started outlives it. */
import os from 'node:os';
import { InvalidArgumentError } from 'commander';
import { DrainError, messageOf } from '../core/errors';
import { killAll } from '../harness/process-groups';

/** An option's whole number from 1. Throws commander's own error, which names the option. */
export function whole(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('give a number ≥ 1');
  return number;
}

/** The machine that the figures are of, and how busy it was with other things just before. */
export function machine() {
  return {
    date: new Date().toISOString(),
    cpu: os.cpus()[0]?.model ?? '',
    cores: os.cpus().length,
    node: process.version,
    loadAverage: (os.loadavg()[0] ?? NaN).toFixed(1),
  };
}

/** Ends the process with the exit code that `main` resolves with, 1 where it rejects. */
export function endWith(main: Promise<number>): void {
  main
    .catch((error: unknown) => {
      console.error(error instanceof DrainError ? `${error.code}: ${messageOf(error)}` : error);
      return 1;
    })
    .then(async (exitCode) => {
      await killAll();
      process.exit(exitCode);
    })
    .catch((error: unknown) => {
      console.error(messageOf(error));
      process.exit(1);
    });
}
