/** Owns the lanes of the GETs: how many a second, and how long they took. Invariant: what failed is drawn on top. */
import { span } from '../../output/span';
import type { Series, Slice } from '../report/series';
import { bar, grid, valueScale, type Lane } from './lane';
import { el, short, type Markup } from './markup';
import { clock, type X } from './scale';

const HEIGHT = 110;

export function rateLane({ sliceMs, untilMs, slices }: Series, x: X): Lane {
  const perSecond = (count: number, index = 0): number =>
    (count * 1000) / Math.min(sliceMs, Math.max(1, untilMs - index * sliceMs));
  const max = Math.max(
    1,
    ...slices.slice(0, -1).map(({ succeeded, failed }) => perSecond(succeeded + failed)),
  );
  const y = valueScale(max, HEIGHT);
  const content = slices.flatMap((slice, index) => {
    const { succeeded, failed } = slice;
    const at = { fromMs: index * sliceMs, untilMs: Math.min((index + 1) * sliceMs, untilMs) };
    const whole = y(perSecond(succeeded + failed, index));
    const middle = y(perSecond(succeeded, index));
    const title = `${clock(at.fromMs)}: ${succeeded} answered, ${failed} failed`;
    const part = (kind: string, top: number, foot: number): Markup[] =>
      foot - top > 0 ? [bar(x, at, { y: top, height: foot - top, kind, title })] : [];
    return [
      ...part('good flat', middle, HEIGHT),
      // One failure among thousands must still be seen.
      ...(failed > 0 ? part('bad flat', Math.min(whole, middle - 3), middle) : []),
    ];
  });
  return {
    ...{ label: 'GETs per second', note: 'answered, failed', height: HEIGHT },
    content: [...grid(max, HEIGHT, short), ...content],
  };
}

export function latencyLane({ sliceMs, slices }: Series, x: X): Lane {
  const max = Math.max(1, ...slices.map(({ p99Ms }) => p99Ms));
  const y = valueScale(max, HEIGHT);
  const path = (valueOf: (slice: Slice) => number): string =>
    slices
      .map((slice, index) => {
        const point = `${short(x((index + 0.5) * sliceMs))} ${short(y(valueOf(slice)))}`;
        return `${index === 0 ? 'M' : 'L'}${point}`;
      })
      .join('');
  return {
    ...{ label: 'Time to answer', note: '99 % (dark), half (green)', height: HEIGHT },
    content: [
      ...grid(max, HEIGHT, (ms) => (ms < 1000 ? `${short(ms)} ms` : span(ms))),
      el(
        'path',
        { class: 'line p99', d: path(({ p99Ms }) => p99Ms) },
        el('title', {}, '99 % of GETs within'),
      ),
      el(
        'path',
        { class: 'line p50', d: path(({ p50Ms }) => p50Ms) },
        el('title', {}, 'half of GETs within'),
      ),
    ],
  };
}
