/** Owns the uploads as bars. Invariant: a failed one is drawn whatever is left out, and carries a mark, not a colour alone. */
import { span } from '../../output/span';
import { meaningOf } from '../report/kinds';
import type { Facts } from '../report/report';
import { bar, type Lane } from './lane';
import { el, type Markup } from './markup';
import { clock, lanesOf, type X } from './scale';

const SHOWN = 2000;
const LANES_MAX = 40;
const AREA = 220;

type Run = Facts['uploadRuns'][number];

export function uploadLane({ uploadRuns, load }: Facts, x: X): Lane | undefined {
  if (uploadRuns.length === 0) return undefined;
  const bad = uploadRuns.filter(isBad);
  const good = uploadRuns.filter((run) => !isBad(run)).slice(0, Math.max(0, SHOWN - bad.length));
  const shown = [...bad.slice(0, SHOWN), ...good];
  const rows = lanesOf(shown).slice(0, LANES_MAX);
  const pitch = Math.max(4, Math.min(14, AREA / rows.length));
  const left = uploadRuns.length - rows.flat().length;
  return {
    label: `Uploads of ${load.uploadMb} MB`,
    note: left > 0 ? `${left} left out` : 'each a bar',
    height: rows.length * pitch,
    content: rows.flatMap((row, index) =>
      row.flatMap((run) => drawn(run, index * pitch, pitch, x)),
    ),
  };
}

function drawn(run: Run, top: number, pitch: number, x: X): Markup[] {
  const { number, fromMs, untilMs, outcome } = run;
  const height = pitch - 2;
  const kind = isBad(run) ? 'bad' : outcome === 'abandoned' ? 'abandoned' : 'upload';
  const why = isBad(run) ? `${outcome}, ${meaningOf(outcome)}` : outcome;
  const title = `upload ${number}: ${clock(fromMs)}, ${span(untilMs - fromMs)}: ${why}`;
  const end = x(untilMs);
  const middle = top + height / 2;
  const size = Math.max(3, height / 2);
  return [
    bar(x, { fromMs, untilMs }, { y: top, height, kind, title }),
    ...(kind === 'bad'
      ? [
          el('path', {
            class: 'cross',
            d: `M${end - size} ${middle - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`,
          }),
        ]
      : []),
  ];
}

function isBad({ outcome }: Run): boolean {
  return outcome !== 'ok' && outcome !== 'abandoned';
}
