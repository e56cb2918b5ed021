/**
 * Owns a run of `kong-drain drain` and `undrain`: what is meant, the orders, and the wait for them.
 * Invariant: nothing is ordered of a pool that would be left without a serving target, unless forced.
 */
import { DrainError } from '../../core/errors';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import { printed } from '../output/output';
import { table } from '../output/table';
import { poolsOf, withRegistry } from '../registry/connect';
import { poolStatus, type PoolStatus } from '../status/pool-status';
import type { OrderOptions } from './command';
import { aimText, emptiedPools, pick, type Chosen } from './pick';
import { order, type Result } from './order';
import { untilClear } from './until-clear';

/** What became of one target, as JSON and YAML have it. */
interface Outcome {
  readonly pool: string;
  readonly target: string;
  readonly pod: string | null;
  readonly node: string | null;
  readonly result: Result;
}

const BAD: ReadonlySet<Result> = new Set(['still held', 'drains by its hook', 'without a name']);

export async function runOrder(options: OrderOptions, context: CliContext): Promise<ExitCode> {
  return withRegistry(options, context, async (registry) => {
    const names = await poolsOf(registry, options);
    const pools = await look(registry, names);
    const chosen = pick(pools, options.aim);
    if (chosen.length === 0) throw unknownAim(options, pools);
    const emptied = options.act === 'drain' && !options.force ? emptiedPools(pools, chosen) : [];
    if (emptied.length > 0 && !options.dryRun) {
      context.err(
        `refused: pool ${emptied.join(', ')} would be left without a serving target, and its requests to Kong's own routing,\n` +
          'which may reach pods that drain. Scale up first, or say --force.\n',
      );
      return EXIT.found;
    }
    const results = options.dryRun
      ? chosen.map(() => 'would order' as const)
      : await Promise.all(chosen.map((one) => order(registry, one, options.act)));
    const final = await settled(registry, chosen, results, options, context);
    const outcomes = chosen.map((one, i) => outcomeOf(one, final[i] ?? 'gone'));
    context.out(printed(options.output, outcomes, () => draw(outcomes)));
    tell(outcomes, context);
    return outcomes.some(({ result }) => BAD.has(result)) ? EXIT.found : EXIT.clean;
  });
}

async function look(registry: RedisRegistry, names: readonly string[]): Promise<PoolStatus[]> {
  return (await Promise.all(names.map((name) => registry.overview(name)))).map(poolStatus);
}

/** With --wait: what became of those that were ordered, in the end. */
async function settled(
  registry: RedisRegistry,
  chosen: readonly Chosen[],
  results: readonly Result[],
  { wait, dryRun, timeout }: OrderOptions,
  context: CliContext,
): Promise<Result[]> {
  if (!wait || dryRun) return [...results];
  const ordered = chosen.filter((_, i) => results[i] === 'ordered');
  const held = await untilClear(registry, ordered, timeout, context);
  return results.map((result, i) => {
    if (result !== 'ordered') return result;
    return held.has(chosen[i] as Chosen) ? 'still held' : 'drained';
  });
}

function outcomeOf({ pool, target }: Chosen, result: Result): Outcome {
  return {
    pool,
    target: target.target,
    pod: target.pod ?? null,
    node: target.node ?? null,
    result,
  };
}

function draw(outcomes: readonly Outcome[]): string {
  return table(
    ['POOL', 'TARGET', 'POD', 'NODE', 'RESULT'],
    outcomes.map(({ pool, target, pod, node, result }) => [
      pool,
      target,
      pod ?? '-',
      node ?? '-',
      result,
    ]),
  );
}

function tell(outcomes: readonly Outcome[], { err }: CliContext): void {
  const has = (result: Result) => outcomes.some((one) => one.result === result);
  if (has('without a name')) {
    err(
      'A target without a name takes no order, which could hit another pod on its address later: give its sidecar\n' +
        'POD_NAME (downward API, metadata.name).\n',
    );
  }
  if (has('drains by its hook')) {
    err('What the hook or SIGTERM began cannot be taken back: that pod is being deleted.\n');
  }
}

function unknownAim({ aim }: OrderOptions, pools: readonly PoolStatus[]): DrainError {
  const known = pools.flatMap(({ targets }) => targets).filter(({ state }) => state !== 'gone');
  const hint =
    known.length === 0
      ? 'There are no targets at all.'
      : `There are: ${known
          .slice(0, 10)
          .map(({ target, pod }) => (pod === undefined ? target : `${target} (${pod})`))
          .join(', ')}${known.length > 10 ? ', …' : ''}`;
  return new DrainError(
    'BAD_OPTIONS',
    `${aimText(aim)} is not in ${pools.length === 1 ? `pool ${pools[0]?.pool ?? ''}` : 'any pool'}. ${hint}`,
  );
}
