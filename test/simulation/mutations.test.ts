/** The simulation notices when a rule that keeps drains safe is taken out. Each rule is one mutation of the real code. */
import * as realBarrier from '../../core/barrier';
import type * as PoolAgentModule from '../../plugin/server/pool-agent';
import type { Invariant } from './checkers';
import { simulate as unchanged, type Fault, type Plan } from './simulate';

type Simulate = typeof unchanged;

const SEEDS = 60;

jest.setTimeout(240_000);

/** The simulation, loaded anew over what `mock` puts in the place of real modules. */
async function mutated(mock: () => void): Promise<Simulate> {
  let simulate: Simulate | undefined;
  await jest.isolateModulesAsync(async () => {
    mock();
    ({ simulate } = jest.requireActual<{ simulate: Simulate }>('./simulate'));
    await Promise.resolve();
  });
  jest.dontMock('../../core/barrier');
  jest.dontMock('../../core/lease');
  jest.dontMock('../../core/quiet');
  jest.dontMock('../../plugin/server/pool-agent');
  return simulate as Simulate;
}

/** The first seed in which the invariant is broken; fails the test when there is none. */
async function firstSeed(
  simulate: Simulate,
  plan: Omit<Plan, 'seed'>,
  invariants: readonly Invariant[],
): Promise<number> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await simulate({ seed, ...plan });
    if (violations.some(({ invariant }) => invariants.includes(invariant))) return seed;
  }
  throw new Error(`${invariants.join(' or ')} held in ${SEEDS} seeds`);
}

async function isFound(
  what: string,
  mock: () => void,
  plan: Omit<Plan, 'seed'>,
  invariants: readonly Invariant[] = ['safe'],
): Promise<void> {
  const seed = await firstSeed(await mutated(mock), plan, invariants);
  console.info(`${what}: found in seed ${seed}`);
  const { fences: _, ...rest } = plan;
  const kong = { ...plan.kong, recheck: true, keepsServing: true };
  const { violations } = await unchanged({ seed, ...rest, kong });
  expect(violations).toEqual([]);
}

function mockBarrier(change: (real: typeof realBarrier.barrier) => typeof realBarrier.barrier) {
  jest.doMock('../../core/barrier', () => ({
    ...realBarrier,
    barrier: change(realBarrier.barrier),
  }));
}

const cuts: readonly Fault[] = ['gateway-cut', 'agent-paused'];

test('it finds a release without any acks', () =>
  isFound(
    'no barrier',
    () =>
      mockBarrier((real) => (mark, sight) => ({ ...real(mark, sight), clear: true, holds: [] })),
    {},
  ));

test('it finds a release with acks alone, without looking at what is in flight', () =>
  isFound(
    'acks alone',
    () =>
      mockBarrier((real) => (mark, sight) => {
        const standing = real(mark, sight);
        const clear = standing.holds.every(({ why }) => why === 'in-flight');
        return { ...standing, clear: clear && standing.wholeInMs === 0 };
      }),
    {},
  ));

test('it finds a release that does not wait until the registry can know every gateway', () =>
  isFound(
    'young registry trusted',
    () => mockBarrier((real) => (mark, sight) => real(mark, { ...sight, wholeSinceMs: -Infinity })),
    { faults: ['flush', 'failover', 'gateway-cut'], faultEveryMs: 700 },
  ));

test('it finds a holder that does not let go of its lease in time', () =>
  isFound(
    'lease kept too long',
    () =>
      jest.doMock('../../core/lease', () => ({
        leaseHeldUntilMs: (sentMs: number, leaseMs: number) => sentMs + 3 * leaseMs,
      })),
    { faults: cuts, faultEveryMs: 600 },
    ['safe', 'fenced'],
  ));

test('it finds a registry that lets go before the holder does', () =>
  isFound(
    'lease ended too early',
    () =>
      mockBarrier(
        (real) => (mark, sight) => real(mark, { ...sight, nowMs: sight.nowMs + sight.leaseMs / 2 }),
      ),
    { faults: cuts, faultEveryMs: 600 },
  ));

test('it finds a sidecar that takes lost gateways for live ones', () =>
  isFound(
    'lost gateways accounted for',
    () =>
      jest.doMock('../../core/quiet', () => ({
        ...jest.requireActual<object>('../../core/quiet'),
        originOf: () => () => 'live',
      })),
    { faults: ['gateway-cut'], faultEveryMs: 500 },
    ['quiet'],
  ));

test('it finds a view handed over under a new lease without being confirmed', () =>
  isFound(
    'view not confirmed',
    () =>
      jest.doMock('../../plugin/server/pool-agent', () => {
        const { PoolAgent } = jest.requireActual<typeof PoolAgentModule>(
          '../../plugin/server/pool-agent',
        );
        class Trusting extends PoolAgent {
          override handover() {
            Object.assign(this, { viewIsOfLease: true });
            return super.handover();
          }
        }
        return { PoolAgent: Trusting };
      }),
    { faults: cuts, faultEveryMs: 600 },
    ['safe', 'fenced'],
  ));

test('it finds a registry without fences', () =>
  isFound('no fences', () => undefined, { fences: false, weather: { doubled: 0.1 } }, [
    'safe',
    'fenced',
  ]));

test('it finds a worker that does not look at the version again after it has counted', () =>
  isFound('no second look', () => undefined, {
    kong: { recheck: false, preempted: 0.1, preemptedMs: 900, workers: 4 },
    faults: ['operator'],
  }));

test('it finds a count forgotten while a worker just counts', () =>
  isFound('count forgotten', () => undefined, {
    kong: { keepsServing: false, preempted: 0.1, preemptedMs: 300, workers: 4 },
    faults: ['unhealthy', 'sidecar-restart'],
    faultEveryMs: 150,
  }));
