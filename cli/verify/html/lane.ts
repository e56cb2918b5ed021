/** Owns a lane of the timeline. Invariant: it draws within its height; those above and below know nothing of it. */
import { el, type Markup } from './markup';
import { LEFT, WIDTH, ticks, type X } from './scale';

export interface Lane {
  readonly label: string;
  /** A second, smaller line under the label. */
  readonly note?: string;
  readonly height: number;
  /** What is drawn, from 0 down to `height`. */
  readonly content: readonly Markup[];
}

/** A value's height above the lane's foot. */
export type Y = (value: number) => number;

export function valueScale(max: number, height: number): Y {
  return (value) => height - (Math.min(value, max) / Math.max(max, 1e-9)) * height;
}

/** Lines across the lane at round values, written at the left. */
export function grid(max: number, height: number, write: (value: number) => string): Markup[] {
  const y = valueScale(max, height);
  return ticks(max, 3).map((value) =>
    el(
      'g',
      {},
      el('line', { class: 'grid', x1: LEFT, x2: WIDTH - 16, y1: y(value), y2: y(value) }),
      el(
        'text',
        { class: 'tick', x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' },
        write(value),
      ),
    ),
  );
}

/** A bar from one moment to another; short ones stay visible. */
export function bar(
  x: X,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
  { y, height, kind, title }: { y: number; height: number; kind: string; title: string },
): Markup {
  return el(
    'rect',
    {
      ...{ class: kind, x: x(fromMs), y, height, rx: Math.min(2, height / 3) },
      width: Math.max(1.5, x(untilMs) - x(fromMs)),
    },
    el('title', {}, title),
  );
}
