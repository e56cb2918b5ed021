/** Owns what bench:path makes of its rounds: the table, the figures and the verdict. */
import Table from 'cli-table3';
import { VARIANTS, type Variant } from './path-config';
import { median, medianRatio, type Round } from './ratio';

export const LEAST_RPS_RATIO = 0.85;
export const MOST_P99_RATIO = 1.25;

/** Ratios to the gateway's own balancing, each the median of the rounds'. */
export interface PathFigures {
  readonly gateway: string;
  readonly rpsRatio: number;
  readonly p99Ratio: number;
  readonly turnsRpsRatio: number;
  readonly hashRpsRatio: number;
  readonly jsRpsRatio: number;
}

export function pathFigures(gateway: string, rounds: readonly Round<Variant>[]): PathFigures {
  const rounded = (ratio: number): number => Math.round(ratio * 1000) / 1000;
  return {
    gateway,
    rpsRatio: rounded(medianRatio(rounds, 'rps', 'drain', 'stock')),
    p99Ratio: rounded(medianRatio(rounds, 'p99Ms', 'drain', 'stock')),
    turnsRpsRatio: rounded(medianRatio(rounds, 'rps', 'turns', 'stock')),
    hashRpsRatio: rounded(medianRatio(rounds, 'rps', 'hash', 'stock')),
    jsRpsRatio: rounded(medianRatio(rounds, 'rps', 'js', 'stock')),
  };
}

/** Why the goals are missed; empty when they are met. */
export function pathProblems({ rpsRatio, p99Ratio }: PathFigures): string[] {
  return [
    ...(rpsRatio >= LEAST_RPS_RATIO ? [] : [`rpsRatio ${rpsRatio} is below ${LEAST_RPS_RATIO}`]),
    ...(p99Ratio <= MOST_P99_RATIO ? [] : [`p99Ratio ${p99Ratio} is above ${MOST_P99_RATIO}`]),
  ];
}

export function pathTable(rounds: readonly Round<Variant>[]): string {
  const table = new Table({
    head: ['', 'requests/s', 'p99 ms', 'CPU µs', 'of stock: requests/s', 'p99', 'CPU'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...Array<'right'>(6).fill('right')],
  });
  for (const variant of VARIANTS) {
    const middle = (figure: 'rps' | 'p99Ms' | 'cpuUs'): number =>
      median(rounds.map((round) => round[variant][figure]));
    table.push([
      variant,
      middle('rps').toFixed(0),
      middle('p99Ms').toFixed(2),
      middle('cpuUs').toFixed(1),
      medianRatio(rounds, 'rps', variant, 'stock').toFixed(3),
      medianRatio(rounds, 'p99Ms', variant, 'stock').toFixed(3),
      medianRatio(rounds, 'cpuUs', variant, 'stock').toFixed(3),
    ]);
  }
  return table.toString();
}
