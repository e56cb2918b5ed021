/** Owns the look of past drains for people. */
import { podNameOf } from '../../core/pod-id';
import { counted } from '../../core/counted';
import type { Paint } from '../output/paint';
import { span } from '../output/span';
import { table } from '../output/table';
import type { PoolDrain } from './run';

export function drawHistory(
  drains: readonly PoolDrain[],
  withTimeline: boolean,
  paint: Paint,
): string {
  if (drains.length === 0) return 'No drains.\n';
  if (withTimeline) return drains.map((drain) => drawOne(drain, paint)).join('\n');
  return table(
    ['ENDED', 'POOL', 'TARGET', 'POD', 'BY', 'OUTCOME', 'TOOK', 'ACKED AFTER', 'PAST LAST BYTE'],
    drains.map((drain) => [
      new Date(drain.endedMs).toISOString(),
      drain.pool,
      drain.target,
      podOf(drain),
      drain.by,
      outcome(drain, paint),
      span(drain.totalMs),
      drain.ackMs === null ? '-' : span(drain.ackMs),
      span(drain.afterLastByteMs),
    ]),
  );
}

function podOf({ pod }: PoolDrain): string {
  return pod === undefined ? '-' : podNameOf(pod);
}

function outcome({ outcome, blind, closed = [] }: PoolDrain, paint: Paint): string {
  const word = paint(outcome === 'cut' ? 'red' : 'green', outcome);
  const clients = closed.reduce((sum, each) => sum + each.clients, 0);
  const said = clients === 0 ? word : `${word}, ${clients} closed`;
  return blind ? `${said} (without Redis)` : said;
}

function drawOne(drain: PoolDrain, paint: Paint): string {
  const { pool, target, node, by, endedMs, totalMs, timeline } = drain;
  const where = node === undefined ? '' : ` on ${node}`;
  const began = new Date(endedMs - totalMs).toISOString();
  return [
    `${paint('bold', `${pool} ${target}`)} (pod ${podOf(drain)}${where}): ${outcome(drain, paint)} after ${span(totalMs)}`,
    `  began ${began}, by ${by}`,
    ...(drain.closed ?? []).map(
      ({ kind, path, clients, ageMs }) =>
        `  closed knowingly: ${kind} ${path || '(other paths)'}, ${counted(clients, 'client')}, the oldest ${span(ageMs)}`,
    ),
    ...timeline.map(({ atMs, event, ...details }) => {
      const said = Object.entries(details).map(([name, value]) => `${name} ${shown(value)}`);
      return `  ${`${atMs.toFixed(1)} ms`.padStart(12)}  ${event}${said.length === 0 ? '' : ` (${said.join(', ')})`}`;
    }),
    '',
  ].join('\n');
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
