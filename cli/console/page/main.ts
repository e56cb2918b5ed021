/** The console's page. Owns the connection to its server, and what is drawn when. Invariant: one drawing for each frame. */
import { Access } from './access.js';
import { nowMs, setClock } from './clock.js';
import { Details } from './details.js';
import { byId, el, setChildren, setText } from './dom.js';
import { andUploads, counted } from './format.js';
import { History } from './history.js';
import { Lane } from './lane.js';
import { applyChange, drainOf, poolsOf, totalsOf, type PoolModel } from './model.js';
import { News } from './news.js';
import type { Events, Sample } from './wire';

const SAMPLES_MAX = 900;
const TICK_MS = 200;

const lanesElement = byId('lanes', HTMLElement);
const lanes = new Map<string, Lane>();
const news = new News();
const history = new History();
const access = new Access(() => undefined);
const details = new Details(access);
let pools = new Map<string, PoolModel>();
let samples: Sample[] = [];

const dirty = new Set<string>();

function redraw(names: Iterable<string>): void {
  if (dirty.size === 0) requestAnimationFrame(draw);
  dirty.add('');
  for (const name of names) dirty.add(name);
  // Not with the frame: a hidden tab has none, and its title is all that is seen of it.
  const draining = [...pools.values()].reduce((sum, pool) => sum + totalsOf(pool).draining, 0);
  document.title = draining > 0 ? `◐ ${draining} draining – kong-drain` : 'kong-drain';
}

function draw(): void {
  for (const name of dirty) {
    const pool = pools.get(name);
    if (pool) laneOf(name).show(pool, history.drains, nowMs());
  }
  dirty.clear();
  for (const name of lanes.keys()) if (!pools.has(name)) lanes.delete(name);
  const shown = [...pools.keys()].sort().map((name) => laneOf(name).element);
  const none = el(
    'p',
    'empty',
    'No pool yet: no sidecar and no gateway has spoken to this registry.',
  );
  setChildren(lanesElement, shown.length > 0 ? shown : [none]);
  drawTotals();
  refreshDetails();
}

function laneOf(name: string): Lane {
  const known = lanes.get(name);
  if (known) return known;
  const lane = new Lane(name, (target) => {
    const found = pools.get(name)?.targets.get(target);
    if (found) details.show(shownOf(name, found), nowMs());
  });
  lanes.set(name, lane);
  lane.chart(samples, history.drains);
  return lane;
}

function shownOf(pool: string, target: Parameters<typeof drainOf>[2]) {
  const gone = target.state === 'gone';
  return { pool, target, drain: gone ? drainOf(history.drains, pool, target) : undefined };
}

function refreshDetails(): void {
  const { open } = details;
  if (!open) return;
  const found = pools.get(open.pool)?.targets.get(open.target.target);
  details.refresh(found ? shownOf(open.pool, found) : open, nowMs());
}

function drawTotals(): void {
  const all = [...pools.values()].map(totalsOf);
  const sum = (of: 'serving' | 'draining' | 'inFlight' | 'uploads') =>
    all.reduce((n, one) => n + one[of], 0);
  const told = [
    counted(pools.size, 'pool'),
    `${sum('serving')} serving`,
    `${sum('draining')} draining`,
    `${sum('inFlight')} in flight${andUploads(sum('uploads'))}`,
  ];
  setText(byId('totals', HTMLElement), told.join(' · '));
}

function drawCharts(): void {
  for (const lane of lanes.values()) lane.chart(samples, history.drains);
}

const on: { readonly [Name in keyof Events]: (data: Events[Name]) => void } = {
  whole: (whole) => {
    setClock(whole.nowMs);
    const before = pools;
    const isSame = (pool: PoolModel) => before.get(pool.head.pool)?.head.run === pool.head.run;
    pools = poolsOf(whole);
    samples = [...whole.samples];
    history.begin(whole, ![...pools.values()].every(isSame));
    access.show(whole.orders);
    news.registry(whole.registry);
    setText(byId('version', HTMLElement), whole.version);
    redraw(pools.keys());
    drawCharts();
  },
  change: (change) => {
    setClock(change.nowMs);
    const names = change.pools.map(({ pool }) => pool);
    const before = new Map(names.map((name) => [name, new Map(pools.get(name)?.targets)]));
    applyChange(pools, change);
    for (const name of names) {
      const pool = pools.get(name);
      if (pool) news.tell(before.get(name) ?? new Map(), pool);
    }
    redraw(names);
  },
  drains: (drains) => {
    history.add(drains);
    redraw(drains.map(({ pool }) => pool));
  },
  sample: (sample) => {
    samples = [...samples, sample].slice(-SAMPLES_MAX);
    drawCharts();
  },
  registry: (state) => news.registry(state),
};

function connect(): void {
  const events = new EventSource('/api/events');
  events.addEventListener('open', () => news.link('live'));
  events.addEventListener('error', () => {
    news.link('lost');
    // An answer that is no stream ends an EventSource for good.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
  for (const name of Object.keys(on) as (keyof Events)[]) {
    events.addEventListener(name, ({ data }: MessageEvent<string>) => {
      (on[name] as (data: unknown) => void)(JSON.parse(data));
    });
  }
}

for (const button of document.querySelectorAll<HTMLButtonElement>('dialog [data-close]')) {
  button.addEventListener('click', () => button.closest('dialog')?.close());
}
setInterval(() => {
  news.tick();
  for (const lane of lanes.values()) lane.tick(nowMs());
  refreshDetails();
}, TICK_MS);
connect();
