/** Owns what the scenarios measured: a line of JSON each, printed in the end. */
import { appendFileSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { stage } from './facts';

type Values = Readonly<Record<string, string | number>>;

/** Notes what a scenario measured. */
export function figure(scenario: string, values: Values): void {
  appendFileSync(stage().figuresFile, `${JSON.stringify({ scenario, ...values })}\n`);
}

/** Prints them, a line for each scenario, and copies them where one asked for them. */
export function printFigures(file: string, copy: string | undefined): void {
  if (!existsSync(file)) return;
  const scenarios = new Map<string, Values>();
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const { scenario, ...values } = JSON.parse(line) as Values & { scenario: string };
    scenarios.set(scenario, { ...scenarios.get(scenario), ...values });
  }
  for (const [scenario, values] of scenarios) {
    const words = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    console.log(`${scenario}: ${words.join(', ')}`);
  }
  if (copy) copyFileSync(file, copy);
}

/** The middle and the largest, with two digits. */
export function spread(values: readonly number[]): { p50: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const round = (value = Number.NaN): number => Math.round(value * 100) / 100;
  return { p50: round(sorted[Math.floor(sorted.length / 2)]), max: round(sorted.at(-1)) };
}
