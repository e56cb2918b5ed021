/** Owns the look of a pool's status for people. */
import type { Hold } from '../../core/barrier';
import { counted } from '../../core/counted';
import type { Color, Paint } from '../output/paint';
import { span } from '../output/span';
import { table } from '../output/table';
import type { GatewayStatus, PoolStatus, TargetStatus } from './pool-status';

const STATE_COLORS: Readonly<Record<TargetStatus['state'], Color>> = {
  serving: 'green',
  draining: 'yellow',
  gone: 'dim',
  expired: 'red',
};

/** `all`: with the targets that are gone and the gateways that have left. */
export function draw(pools: readonly PoolStatus[], all: boolean, paint: Paint): string {
  return pools.map((pool) => drawPool(pool, all, paint)).join('\n');
}

function drawPool(pool: PoolStatus, all: boolean, paint: Paint): string {
  const targets = pool.targets.filter(({ state }) => all || state !== 'gone');
  const gateways = pool.gateways.filter(({ lease }) => all || lease !== 'left');
  const of = (state: TargetStatus['state']) => count(pool.targets, (one) => one.state === state);
  const live = count(gateways, ({ lease }) => lease === 'live');
  const head = [
    `${of('serving')} serving`,
    `${of('draining')} draining`,
    ...(of('expired') > 0 ? [paint('red', `${of('expired')} expired`)] : []),
    live > 0 ? counted(live, 'gateway') : paint('red', 'no gateway serves it'),
  ];
  const young =
    pool.wholeInMs > 0
      ? paint('yellow', `; young: a gateway may be missing for ${span(pool.wholeInMs)}`)
      : '';
  return [
    `${paint('bold', `Pool ${pool.pool}`)}: ${head.join(', ')}; epoch ${pool.epoch}${young}\n`,
    targets.length === 0
      ? 'No targets.\n'
      : table(
          ['TARGET', 'STATE', 'AGE', 'IN FLIGHT', 'POD', 'NODE', 'DRAIN'],
          targets.map((target) => targetRow(target, paint)),
        ),
    gateways.length === 0
      ? ''
      : `\n${table(
          ['GATEWAY', 'LEASE', 'ACKED', 'LAST SYNC', 'IN FLIGHT', 'UNASSIGNED', 'CONNECTS FROM'],
          gateways.map((gateway) => gatewayRow(gateway, paint)),
        )}`,
    ...pool.orderedPods.map((pod) => `Ordered to drain, without a target: pod ${pod}\n`),
  ].join('');
}

function targetRow(one: TargetStatus, paint: Paint): string[] {
  const { target, state, by, ageMs, inFlight, uploads, pod = '-', node = '-' } = one;
  const said = by === undefined ? state : `${state} (${by})`;
  return [
    target,
    paint(STATE_COLORS[state], said),
    span(ageMs),
    uploads === 0 ? String(inFlight) : `${inFlight}, ${counted(uploads, 'upload')}`,
    pod,
    node,
    drainOf(one),
  ];
}

function drainOf({ drain }: TargetStatus): string {
  if (drain === undefined) return '';
  const { acked, gateways, heldBy, clear, leftMs } = drain;
  const state = clear ? 'no gateway holds it' : heldBy.map(holdText).join('; ');
  const clock = leftMs === undefined ? '' : `, ${span(leftMs)} left`;
  return `acked ${acked}/${gateways}${clock}${state === '' ? '' : `, ${state}`}`;
}

export function holdText(hold: Hold): string {
  return hold.why === 'not-acked'
    ? `${hold.gateway}: not acked`
    : `${hold.gateway}: ${hold.inFlight} in flight${hold.streams ? `, ${hold.streams} of them streaming` : ''}`;
}

function gatewayRow(one: GatewayStatus, paint: Paint): string[] {
  const { gateway, lease, leaseLeftMs, ackedEpoch, current, lastSyncMs, addresses } = one;
  return [
    gateway,
    lease === 'live'
      ? `live, ${span(leaseLeftMs)} left`
      : paint(lease === 'lost' ? 'red' : 'dim', lease),
    current ? `${ackedEpoch}` : paint('yellow', `${ackedEpoch} (behind)`),
    `${span(lastSyncMs)} ago`,
    String(one.inFlight),
    one.unassigned === 0 ? '0' : paint('yellow', String(one.unassigned)),
    addresses.join(', '),
  ];
}

function count<T>(list: readonly T[], is: (one: T) => boolean): number {
  return list.filter(is).length;
}
