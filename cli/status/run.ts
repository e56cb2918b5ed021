/** Owns a run of `kong-drain status`, once or until interrupted. */
import { DrainError } from '../../core/errors';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { CliContext } from '../context';
import { painter } from '../output/paint';
import { printed } from '../output/output';
import { poolsOf, withRegistry } from '../registry/connect';
import type { StatusOptions } from './command';
import { draw } from './draw';
import { poolStatus, type PoolStatus } from './pool-status';
import { eachChange } from './watch';

export async function runStatus(options: StatusOptions, context: CliContext): Promise<void> {
  await withRegistry(options, context, async (registry) => {
    if (!options.watch) {
      context.out(shown(await read(registry, options), options, context));
      return;
    }
    await poolsOf(registry, options);
    await eachChange(registry, options.interval, context.signal, async () => {
      try {
        const status = await read(registry, options);
        context.out(frame(status, options, context));
        return status.map(({ pool }) => pool);
      } catch (error) {
        if (!(error instanceof DrainError)) throw error;
        context.err(`error: ${error.message}\n`);
        return [];
      }
    });
  });
}

async function read(registry: RedisRegistry, options: StatusOptions): Promise<PoolStatus[]> {
  const names = await poolsOf(registry, options);
  const seen = await Promise.all(names.map((name) => registry.overview(name)));
  return seen.map(poolStatus);
}

function shown(pools: readonly PoolStatus[], options: StatusOptions, context: CliContext): string {
  const plain = options.all ? pools : pools.map(withoutGone);
  return printed(options.output, plain, () => draw(pools, options.all, painter(context)));
}

/** ECMA-48: cursor home, erase to the line's end, erase to the screen's end. So nothing flickers. */
const [HOME, LINE_END, SCREEN_END] = ['\u001b[H', '\u001b[K', '\u001b[J'];

/** One of many: on a terminal in the place of the last; piped, JSON as one line, YAML as a document. */
function frame(pools: readonly PoolStatus[], options: StatusOptions, context: CliContext): string {
  const { output, all } = options;
  if (output === 'json') return `${JSON.stringify(all ? pools : pools.map(withoutGone))}\n`;
  const text = shown(pools, options, context);
  if (output === 'yaml') return `---\n${text}`;
  const page = `${new Date().toISOString()}\n${text}`;
  if (context.columns === undefined) return `${page}\n`;
  return `${HOME}${page.replaceAll('\n', `${LINE_END}\n`)}${SCREEN_END}`;
}

function withoutGone(pool: PoolStatus): PoolStatus {
  return {
    ...pool,
    targets: pool.targets.filter(({ state }) => state !== 'gone'),
    gateways: pool.gateways.filter(({ lease }) => lease !== 'left'),
  };
}
