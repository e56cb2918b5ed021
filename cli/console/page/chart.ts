/** Owns a pool's chart: requests in flight and targets over the last minutes, its drains along the bottom. */
import type uPlot from 'uplot';
import { el, setAttribute } from './dom.js';
import type { Sample, WireDrain } from './wire';

declare const window: Window & { readonly uPlot: typeof uPlot };

/** From the first sample, within these. */
const [WINDOW_LEAST_S, WINDOW_S] = [60, 300];
const STRIP_PX = 5;
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the type alone is imported
const RIGHT = 1 as uPlot.Axis.Side;

export class Chart {
  readonly element = el('div', 'chart');
  #plot: uPlot | undefined;
  #samples: readonly Sample[] = [];
  #drains: readonly WireDrain[] = [];

  constructor(private readonly pool: string) {
    this.element.role = 'img';
    new ResizeObserver(() => this.#fit()).observe(this.element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#plot?.destroy();
      this.#plot = undefined;
      this.#draw();
    });
  }

  show(samples: readonly Sample[], drains: readonly WireDrain[]): void {
    this.#samples = samples;
    this.#drains = drains.filter(({ pool }) => pool === this.pool);
    this.#draw();
  }

  #draw(): void {
    const { width, height } = this.#size();
    if (width === 0 || this.#samples.length === 0) return;
    this.#plot ??= new window.uPlot(this.#options(width, height), [[], [], [], []], this.element);
    const figures = (at: 0 | 1 | 2) =>
      this.#samples.map(({ pools }) => (pools ? (pools[this.pool]?.[at] ?? 0) : null));
    const [inFlight, serving, draining] = [figures(0), figures(1), figures(2)];
    this.#plot.setData([this.#samples.map(({ atMs }) => atMs / 1000), inFlight, serving, draining]);
    const known = inFlight.map((count) => count ?? 0);
    setAttribute(
      this.element,
      'aria-label',
      `Requests in flight over the last minutes: now ${known.at(-1) ?? 0}, at most ${Math.max(0, ...known)}`,
    );
  }

  #size() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  #fit(): void {
    if (this.#plot) this.#plot.setSize(this.#size());
    else this.#draw();
  }

  #options(width: number, height: number): uPlot.Options {
    const colors = getComputedStyle(this.element);
    const color = (name: string) => colors.getPropertyValue(`--${name}`).trim();
    const font = '11px system-ui, sans-serif';
    const axis = { stroke: color('soft'), font, ticks: { show: false }, gap: 4 };
    const grid = { stroke: color('rule'), width: 1 };
    const whole = (_: uPlot, splits: number[]) =>
      splits.map((n) => (Number.isInteger(n) ? `${n}` : ''));
    const upTo =
      (least: number): uPlot.Range.Function =>
      (_, __, max) => [0, Math.max(least, max * 1.15)];
    return {
      ...{ width, height, padding: [6, 2, 0, 2], legend: { show: false }, cursor: { show: false } },
      scales: {
        x: {
          time: true,
          range: (_, min, max) => [
            Math.min(Math.max(min, max - WINDOW_S), max - WINDOW_LEAST_S),
            max,
          ],
        },
        y: { range: upTo(4) },
        pods: { range: upTo(2) },
      },
      axes: [
        { ...axis, grid, size: 22, space: 90, values: timesOf },
        { ...axis, grid, size: 34, space: 26, values: whole },
        {
          ...axis,
          grid: { show: false },
          scale: 'pods',
          side: RIGHT,
          size: 30,
          space: 26,
          values: whole,
        },
      ],
      series: [
        {},
        {
          stroke: color('flight'),
          fill: color('flight-fill'),
          width: 1.5,
          points: { show: false },
        },
        stepped(color('serving-line'), []),
        stepped(color('draining'), [4, 3]),
      ],
      hooks: { draw: [(plot) => this.#drawDrains(plot, color)] },
    };
  }

  /** Each drain from its beginning to its end; one that cut something is marked by a cross. */
  #drawDrains(plot: uPlot, color: (name: string) => string): void {
    const { ctx, bbox } = plot;
    const pixels = devicePixelRatio;
    const bottom = bbox.top + bbox.height;
    for (const { endedMs, totalMs, outcome } of this.#drains) {
      const to = plot.valToPos(endedMs / 1000, 'x', true);
      if (to < bbox.left) continue;
      const from = Math.max(bbox.left, plot.valToPos((endedMs - totalMs) / 1000, 'x', true));
      ctx.fillStyle = color(outcome === 'cut' ? 'bad' : 'draining');
      const width = Math.max(3 * pixels, to - from);
      ctx.fillRect(to - width, bottom - STRIP_PX * pixels, width, STRIP_PX * pixels);
      if (outcome !== 'cut') continue;
      ctx.font = `${13 * pixels}px system-ui, sans-serif`;
      ctx.textAlign = 'center';
      ctx.fillText('✕', to, bottom - 8 * pixels);
    }
  }
}

/** The reader's time of day at each of the axis' splits. */
function timesOf(_: uPlot, splits: number[]): string[] {
  return splits.map((second) =>
    new Date(second * 1000).toLocaleTimeString(undefined, { hour12: false }),
  );
}

function stepped(stroke: string, dash: number[]): uPlot.Series {
  const paths = window.uPlot.paths.stepped?.({ align: 1 });
  return {
    scale: 'pods',
    stroke,
    dash,
    width: 1.5,
    points: { show: false },
    ...(paths ? { paths } : {}),
  };
}
