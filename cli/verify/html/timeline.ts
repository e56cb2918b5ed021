/** Owns the timeline: all lanes over one axis of time. Invariant: every lane has the same moment at the same place. */
import { span } from '../../output/span';
import type { Facts } from '../report/report';
import type { Lane } from './lane';
import { el, type Markup } from './markup';
import { podLane } from './pod-lanes';
import { clock, timeScale, timeTicks, WIDTH, type X } from './scale';
import { latencyLane, rateLane } from './traffic-lanes';
import { uploadLane } from './upload-lane';

const PHASES = 26;
const GAP = 26;
const AXIS = 22;

export function timeline(facts: Facts): Markup {
  const endMs = Math.max(facts.endedMs, ...facts.uploadRuns.map(({ untilMs }) => untilMs), 1);
  const x = timeScale(endMs);
  const lanes = lanesIn(facts, x, endMs);
  const placed: Markup[] = [];
  let top = PHASES + GAP;
  for (const lane of lanes) {
    placed.push(drawn(lane, top));
    top += lane.height + GAP;
  }
  const height = top - GAP / 2 + AXIS;
  return el(
    'svg',
    {
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-label': 'Timeline of the rollout; the tables below say the same',
    },
    ...axis(endMs, x, height),
    ...phases(facts, x, endMs),
    ...facts.windows.map(({ fromMs, untilMs, downMs }) =>
      el(
        'rect',
        {
          ...{ class: 'down', x: x(fromMs), y: PHASES, height: height - PHASES - AXIS },
          width: Math.max(2, x(untilMs) - x(fromMs)),
        },
        el(
          'title',
          {},
          `Downtime of ${span(downMs)} between ${clock(fromMs)} and ${clock(untilMs)}`,
        ),
      ),
    ),
    ...placed,
    ...commandLines(facts, x, height),
  );
}

function lanesIn(facts: Facts, x: X, endMs: number): Lane[] {
  const lanes = [
    ...(facts.load.getRate > 0 ? [rateLane(facts.series, x), latencyLane(facts.series, x)] : []),
    podLane(facts, x, endMs),
    uploadLane(facts, x),
  ];
  return lanes.filter((lane) => lane !== undefined);
}

function drawn({ label, note, content }: Lane, top: number): Markup {
  return el(
    'g',
    { transform: `translate(0 ${top})` },
    el('text', { class: 'label', x: 0, y: 12 }, label),
    ...(note === undefined ? [] : [el('text', { class: 'note', x: 0, y: 28 }, note)]),
    ...content,
  );
}

function axis(endMs: number, x: X, height: number): Markup[] {
  return timeTicks(endMs).map((ms) =>
    el(
      'g',
      {},
      el('line', { class: 'grid', x1: x(ms), x2: x(ms), y1: PHASES, y2: height - AXIS }),
      el('text', { class: 'tick', x: x(ms), y: height - 6, 'text-anchor': 'middle' }, clock(ms)),
    ),
  );
}

function phases({ command, settledMs, endedMs }: Facts, x: X, endMs: number): Markup[] {
  if (!command) return [];
  const commandEnd = command.untilMs ?? endedMs;
  const settled = settledMs ?? endedMs;
  const spans: [string, number, number][] = [
    ['before', 0, command.fromMs],
    ['command', command.fromMs, commandEnd],
    ['settling', commandEnd, Math.max(commandEnd, settled)],
    ['quiet', Math.max(commandEnd, settled), endMs],
  ];
  return [
    el('text', { class: 'label', x: 0, y: 16 }, 'Rollout'),
    ...spans
      .filter(([, from, to]) => to > from)
      .flatMap(([name, from, to]) => {
        const width = x(to) - x(from);
        const fits = width > name.length * 7 + 8;
        return [
          el(
            'rect',
            {
              class: `phase ${name}`,
              x: x(from),
              y: 0,
              width: Math.max(1, width),
              height: PHASES - 6,
            },
            el('title', {}, `${name}: ${clock(from)} to ${clock(to)}`),
          ),
          ...(fits ? [el('text', { class: 'name', x: x(from) + 5, y: 14 }, name)] : []),
        ];
      }),
  ];
}

function commandLines({ command }: Facts, x: X, height: number): Markup[] {
  const moments = command ? [command.fromMs, command.untilMs] : [];
  return moments.flatMap((ms) =>
    ms === undefined
      ? []
      : [el('line', { class: 'mark', x1: x(ms), x2: x(ms), y1: 0, y2: height - AXIS })],
  );
}
