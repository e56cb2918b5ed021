/**
 * Many gateways and sidecars over a network, a registry and machines that fail: every invariant of the design holds.
 * SIM_SEEDS: how many seeds (200). SIM_SEED: one alone, as printed by a failure.
 */
import type { Seen } from './checkers';
import { simulate } from './simulate';

const only = process.env['SIM_SEED'];
const count = Number(process.env['SIM_SEEDS'] ?? 200);
const seeds = only === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(only)];
const LOG_TAIL = 80;

const total: Record<keyof Seen, number> = {
  ...{ requests: 0, assigned: 0, unassigned: 0, retried: 0, released: 0, cut: 0, blind: 0 },
};

test(
  `no invariant is broken in ${seeds.length} seeds`,
  async () => {
    for (const seed of seeds) {
      const { violations, seen, tail } = await simulate({ seed });
      for (const name of Object.keys(total) as (keyof Seen)[]) total[name] += seen[name];
      const [first] = violations;
      if (first) {
        const { invariant, what } = first;
        throw new Error(
          `seed ${seed} (SIM_SEED=${seed}): ${invariant} broken: ${what}\n${tail(LOG_TAIL)}`,
        );
      }
    }
    console.info(`${seeds.length} seeds: ${JSON.stringify(total)}`);
  },
  60_000 + count * 2000,
);

test('the runs were worth something: drains of every kind, requests of every kind', () => {
  if (seeds.length < 50) return;
  expect(Math.min(...Object.values(total))).toBeGreaterThan(0);
  expect(total.released).toBeGreaterThan(5 * seeds.length);
});
