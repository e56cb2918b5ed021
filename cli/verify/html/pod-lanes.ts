/**
 * Owns the pods' lives as bars, with their drains and the gateways' acks.
 * Invariant: the pods that changed come first; what is left out is said.
 */
import { span } from '../../output/span';
import type { Drain, Facts } from '../report/report';
import { bar, type Lane } from './lane';
import { el, short, type Markup } from './markup';
import { clock, type X } from './scale';

const SHOWN = 60;
const ROW = 20;
const BAR = 13;

type Life = Facts['pods'][number];

export function podLane({ pods, drains }: Facts, x: X, endMs: number): Lane | undefined {
  if (pods.length === 0) return undefined;
  const shown = [...pods]
    .sort((a, b) => changes(b) - changes(a) || firstMs(a) - firstMs(b))
    .slice(0, SHOWN)
    .sort((a, b) => firstMs(a) - firstMs(b) || nameOf(a).localeCompare(nameOf(b)));
  const left = pods.length - shown.length;
  return {
    label: 'Pods',
    ...(left > 0 ? { note: `${left} unchanged left out` } : { note: 'serving, draining, acks' }),
    height: shown.length * ROW,
    content: shown.flatMap((life, row) => [
      ...lifeBars(life, row * ROW, x, endMs),
      ...drains
        .filter((drain) => isOf(drain, life))
        .flatMap((drain) => ackMarks(drain, row * ROW, x)),
    ]),
  };
}

function lifeBars(life: Life, top: number, x: X, endMs: number): Markup[] {
  const { target, phases } = life;
  const name = nameOf(life);
  const lastMs = phases.at(-1)?.untilMs;
  const bars = phases.map(({ phase, fromMs, untilMs = endMs }) =>
    bar(
      x,
      { fromMs, untilMs },
      {
        ...{ y: top + 2, height: BAR, kind: phase },
        title: `${name} (${target}) ${phase} ${fromMs < 0 ? 'since before' : `from ${clock(fromMs)}`}, for ${span(untilMs - fromMs)}`,
      },
    ),
  );
  const nameX = x(Math.max(0, phases[0]?.fromMs ?? 0)) + 4;
  return [
    ...bars,
    el('text', { class: 'name', x: nameX, y: top + BAR - 1 }, name),
    ...(lastMs === undefined
      ? []
      : [el('text', { class: 'tick', x: x(lastMs) + 4, y: top + BAR }, 'gone')]),
  ];
}

function ackMarks({ acks, fromMs }: Drain, top: number, x: X): Markup[] {
  return acks.map(({ gateway, atMs }) =>
    el(
      'path',
      { class: 'ack', d: `M${short(x(atMs))} ${top}v${BAR + 4}` },
      el(
        'title',
        {},
        `${gateway} confirmed ${span(Math.max(0, atMs - fromMs))} after the drain began`,
      ),
    ),
  );
}

function changes({ phases }: Life): number {
  const [first] = phases;
  return (
    phases.length +
    (phases.at(-1)?.untilMs === undefined ? 0 : 1) +
    ((first?.fromMs ?? 0) > 0 ? 1 : 0)
  );
}

function firstMs({ phases }: Life): number {
  return Math.max(0, phases[0]?.fromMs ?? 0);
}

function nameOf({ pod, target }: Life): string {
  return pod ?? target;
}

function isOf(drain: Drain, { target, phases }: Life): boolean {
  return (
    target === drain.target &&
    phases.some(({ phase, fromMs }) => phase === 'draining' && fromMs === drain.fromMs)
  );
}
