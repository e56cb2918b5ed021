/** Owns what the benches share as processes: how a number is read, and on what machine they ran. */
import os from 'node:os';
import { InvalidArgumentError } from 'commander';

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
