/** Owns the wait until no gateway holds targets that drain, and what is shown meanwhile. */
import cliProgress from 'cli-progress';
import { DrainError } from '../../core/errors';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { CliContext } from '../context';
import { holdText } from '../status/draw';
import { poolStatus, type PoolStatus, type TargetStatus } from '../status/pool-status';
import { eachChange } from '../status/watch';
import type { Chosen } from './pick';

const LOOK_MS = 250;

/** Resolves with those that were still held after `timeoutMs`, or when the user interrupted. */
export async function untilClear(
  registry: RedisRegistry,
  chosen: readonly Chosen[],
  timeoutMs: number,
  context: CliContext,
): Promise<ReadonlySet<Chosen>> {
  const done = new AbortController();
  const ends = AbortSignal.any([done.signal, context.signal, AbortSignal.timeout(timeoutMs)]);
  const names = [...new Set(chosen.map(({ pool }) => pool))];
  const shown = progressOn(context, chosen.length);
  let held: readonly Chosen[] = chosen;
  await eachChange(registry, LOOK_MS, ends, async () => {
    const pools = await look(registry, names);
    if (!pools) return names; // the next look may be answered
    const now = new Map<Chosen, TargetStatus | undefined>(
      chosen.map((one) => [
        one,
        pools.get(one.pool)?.targets.find(({ target }) => target === one.target.target),
      ]),
    );
    held = chosen.filter((one) => isHeld(now.get(one)));
    shown.update(
      chosen.length - held.length,
      held.map((one) => heldText(one, now.get(one))),
    );
    if (held.length === 0) done.abort();
    return names;
  });
  shown.stop();
  return new Set(held);
}

async function look(
  registry: RedisRegistry,
  names: readonly string[],
): Promise<ReadonlyMap<string, PoolStatus> | undefined> {
  try {
    const seen = await Promise.all(names.map((name) => registry.overview(name)));
    return new Map(seen.map((pool) => [pool.name, poolStatus(pool)]));
  } catch (error) {
    if (error instanceof DrainError) return undefined;
    throw error;
  }
}

/** One that is gone, or serves again, is waited for no longer. */
function isHeld(target: TargetStatus | undefined): boolean {
  return target?.state === 'draining' && target.drain?.clear !== true;
}

function heldText({ target }: Chosen, now: TargetStatus | undefined): string {
  const holds = now?.drain?.heldBy.map(holdText) ?? [];
  const why = holds.length > 0 ? holds.join('; ') : 'the registry is younger than a lease';
  return `${target.pod ?? target.target}: ${why}`;
}

interface Shown {
  update(done: number, held: readonly string[]): void;
  stop(): void;
}

/** On a terminal a bar; else a line for each change. */
function progressOn({ progress, err }: CliContext, total: number): Shown {
  if (progress === undefined) {
    let last = '';
    return {
      update: (done, held) => {
        const text = `${done} of ${total} drained${held.length > 0 ? `; held: ${held.join(', ')}` : ''}\n`;
        if (text !== last) err(text);
        last = text;
      },
      stop: () => undefined,
    };
  }
  const bar = new cliProgress.SingleBar({
    stream: progress,
    format: '{bar} {value}/{total} drained  {held}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
  });
  bar.start(total, 0, { held: '' });
  return {
    update: (done, held) => bar.update(done, { held: held.slice(0, 2).join(', ') }),
    stop: () => bar.stop(),
  };
}
