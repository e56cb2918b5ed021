/**
 * Owns a simulated Kong with the drain plugin: what the Lua files do, with workers that can be preempted between any two
 * of their steps (each `yield`).
 * Invariant: as in Lua, a worker does one thing at a time, and all workers share one memory.
 */
import type { PoolAnswer, PoolHandover, SyncAnswer } from '../../plugin/server/sync-client';
import type { Checkers } from './checkers';
import type { SimProcess } from './process';
import type { Backend, Cluster, SimRequest } from './traffic';

interface KongView {
  readonly epoch: number;
  readonly serving: readonly string[];
  readonly draining: readonly string[];
  readonly leaving: readonly string[];
}

interface Copy {
  readonly version: number;
  readonly view: KongView;
  untilMs: number;
}

interface Assigned {
  target: string;
  backend: Backend | undefined;
  tried: Set<string>;
  tries: number;
}

type Steps = Generator<void, void, void>;

const POOL = 'rt';
const ATTEMPTS_MAX = 8;
/** How many different targets one request tries, and how often it is tried in all (Kong's `retries`: 5). */
const DIFFERENT_TRIES = 3;
const TRIES_MAX = 6;

export interface KongOptions {
  readonly workers: number;
  readonly preempted: number;
  readonly preemptedMs: number;
  /** Off: the version is not looked at again after counting, to show that the simulation notices. */
  readonly recheck: boolean;
  /** Off: a target that stops serving is forgotten at once when nothing is counted for it. */
  readonly keepsServing: boolean;
}

class Worker {
  readonly counts = new Map<string, number>();
  unassigned = 0;
  copy: Copy | undefined;
  private readonly jobs: Steps[] = [];
  private busy = false;

  constructor(
    private readonly process: SimProcess,
    private readonly options: KongOptions,
  ) {}

  run(steps: Steps): void {
    this.jobs.push(steps);
    if (!this.busy) this.next();
  }

  private next(): void {
    const { world } = this.process;
    for (let job = this.jobs[0]; job; job = this.jobs[0]) {
      if (job.next().done === true) {
        this.jobs.shift();
        continue;
      }
      if (!world.chance(this.options.preempted)) continue;
      this.busy = true;
      world.in(world.skewed(0.05, this.options.preemptedMs), () =>
        this.process.deliver(() => {
          this.busy = false;
          this.next();
        }),
      );
      return;
    }
  }
}

export class SimKong {
  /** Since when its plugin server has known anything. */
  rememberedSinceMs = 0;
  untilMs = 0;
  private version = 0;
  private view: KongView = { epoch: 0, serving: [], draining: [], leaving: [] };
  readonly workers: Worker[];

  constructor(
    readonly name: string,
    readonly address: string,
    readonly process: SimProcess,
    private readonly cluster: Cluster,
    private readonly checkers: Checkers,
    private readonly options: KongOptions,
  ) {
    this.workers = Array.from({ length: options.workers }, () => new Worker(process, options));
  }

  /** Whether requests are routed by the view at this moment. */
  get routesByView(): boolean {
    return this.process.alive && this.process.clock.nowMs() <= this.untilMs;
  }

  inFlight(): number {
    const all = this.workers.flatMap(({ counts, unassigned }) => [...counts.values(), unassigned]);
    return all.reduce((sum, count) => sum + Math.abs(count), 0);
  }

  /** A request of a client; it ends by itself. */
  request(request: SimRequest): void {
    const worker = this.anyWorker();
    this.process.deliver(() => worker.run(this.begin(worker, request)));
  }

  /** The sync route. */
  sync(
    pools: Readonly<Record<string, PoolHandover>>,
    full: boolean,
    answer: (answer: SyncAnswer) => void,
  ): void {
    const worker = this.anyWorker();
    this.process.deliver(() => worker.run(this.take(pools[POOL], full, answer)));
  }

  private anyWorker(): Worker {
    return this.process.world.pick(this.workers) as Worker;
  }

  private *begin(worker: Worker, request: SimRequest): Steps {
    const target = yield* this.countIn(worker, new Set(), false);
    if (target === undefined) {
      worker.unassigned++;
      this.leaveToKong(worker, request);
      return;
    }
    yield;
    const assigned: Assigned = { target, backend: undefined, tried: new Set([target]), tries: 1 };
    this.setTarget(worker, request, assigned);
  }

  private *countIn(
    worker: Worker,
    tried: ReadonlySet<string>,
    expired: boolean,
  ): Generator<void, string | undefined, void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const nowMs = this.process.clock.nowMs();
      yield;
      const copy = yield* this.current(worker, nowMs, expired);
      const target = copy && this.choose(copy.view, tried);
      if (!copy || target === undefined) return undefined;
      yield;
      countIn(worker.counts, target);
      yield;
      if (!this.options.recheck || this.version === copy.version) return target;
      countOut(worker.counts, target);
    }
    return undefined;
  }

  private *current(
    worker: Worker,
    nowMs: number,
    expired: boolean,
  ): Generator<void, Copy | undefined, void> {
    const { version } = this;
    if (version === 0) return undefined;
    if (worker.copy?.version !== version) {
      yield;
      const { view } = this;
      yield;
      worker.copy = { version, view, untilMs: this.untilMs };
    }
    if (!expired && nowMs > worker.copy.untilMs) {
      worker.copy.untilMs = this.untilMs;
      if (nowMs > worker.copy.untilMs) return undefined;
    }
    return worker.copy;
  }

  private choose({ serving }: KongView, tried: ReadonlySet<string>): string | undefined {
    const { world } = this.process;
    const left = serving.filter((id) => !tried.has(id));
    const [a, b] = [world.pick(left), world.pick(left)];
    return a !== undefined && b !== undefined && this.load(b) < this.load(a) ? b : a;
  }

  private load(target: string): number {
    return this.workers.reduce((sum, { counts }) => sum + (counts.get(target) ?? 0), 0);
  }

  private setTarget(worker: Worker, request: SimRequest, assigned: Assigned): void {
    request.target = assigned.target;
    assigned.backend = this.cluster.at(assigned.target);
    this.checkers.assigned(request, assigned.target);
    const { world } = this.process;
    if (assigned.backend?.accept(request) === true) {
      world.in(request.durationMs, () => this.end(worker, request, assigned));
    } else {
      world.in(world.skewed(0.1, 5), () =>
        this.process.deliver(() => worker.run(this.retry(worker, request, assigned))),
      );
    }
  }

  private *retry(worker: Worker, request: SimRequest, assigned: Assigned): Steps {
    if (++assigned.tries > TRIES_MAX) {
      this.end(worker, request, assigned);
      return;
    }
    if (assigned.tried.size >= DIFFERENT_TRIES) assigned.tried = new Set();
    const drainingThen = this.view.draining;
    const target =
      (yield* this.countIn(worker, assigned.tried, false)) ??
      (yield* this.countIn(worker, new Set(), true));
    if (target !== undefined) {
      countOut(worker.counts, assigned.target);
      assigned.target = target;
      assigned.tried.add(target);
      this.checkers.retried(request, target, drainingThen, this.view.draining);
    }
    yield;
    this.setTarget(worker, request, assigned);
  }

  private end(worker: Worker, request: SimRequest, assigned: Assigned): void {
    if (!this.process.alive) return;
    assigned.backend?.finished(request);
    request.over = true;
    this.process.deliver(() => countOut(worker.counts, assigned.target));
  }

  private leaveToKong(worker: Worker, request: SimRequest): void {
    const { world } = this.process;
    const backend = world.pick(this.cluster.endpoints());
    this.checkers.leftToKong(request);
    const accepted = backend?.accept(request) === true;
    world.in(accepted ? request.durationMs : 1, () => {
      if (!this.process.alive) return;
      if (accepted) backend.finished(request);
      request.over = true;
      this.process.deliver(() => worker.unassigned--);
    });
  }

  private *take(
    handed: PoolHandover | undefined,
    full: boolean,
    answer: (answer: SyncAnswer) => void,
  ): Steps {
    const pools: Record<string, PoolAnswer> = {};
    if (handed) {
      const { view, wanted } = yield* this.apply(handed);
      yield;
      const holding: Record<string, number> = {};
      const inFlight: Record<string, number> = {};
      let unassigned = 0;
      for (const worker of this.workers) {
        unassigned += worker.unassigned;
        for (const id of [...view.draining, ...view.leaving]) sumUp(holding, id, worker);
        for (const id of view.serving) sumUp(inFlight, id, worker);
        yield;
      }
      const { epoch } = view;
      const fullPart = full ? { inFlight } : {};
      pools[POOL] = { epoch, wanted, holding, ...fullPart, unassigned, endedMs: {} };
    }
    answer({ configured: [POOL], pools, stats: {}, freeBytes: 1_000_000 });
  }

  private *apply(handed: PoolHandover): Generator<void, { view: KongView; wanted: boolean }, void> {
    const old = this.view;
    if (handed.epoch < old.epoch) return { view: old, wanted: false };
    let view = old;
    if (handed.serving) {
      const { epoch, serving, draining = [] } = handed;
      view = { epoch, serving, draining, leaving: [] };
      view = { ...view, leaving: yield* this.leaving(old, serving, draining) };
    } else if (handed.epoch > old.epoch) {
      return { view: old, wanted: true };
    }
    const changed = view !== old || handed.untilMs < this.untilMs;
    this.view = view;
    this.untilMs = handed.untilMs;
    yield;
    if (changed) this.version++;
    return { view, wanted: false };
  }

  /** What was serving is kept for one view more: a worker may just be counting it in under the old one. */
  private *leaving(
    old: KongView,
    serving: readonly string[],
    draining: readonly string[],
  ): Generator<void, string[], void> {
    const known = new Set([...serving, ...draining]);
    const candidates = new Set(
      [...old.serving, ...old.draining, ...old.leaving].filter((id) => !known.has(id)),
    );
    const still: string[] = [];
    for (const id of candidates) {
      const counted = this.load(id) !== 0;
      yield;
      if (counted || (this.options.keepsServing && old.serving.includes(id))) still.push(id);
      else for (const worker of this.workers) worker.counts.delete(id);
    }
    return still;
  }
}

function countIn(counts: Map<string, number>, target: string): void {
  counts.set(target, (counts.get(target) ?? 0) + 1);
}

/** As `incr` of a shared dictionary: what is not there is not counted. */
function countOut(counts: Map<string, number>, target: string): void {
  const count = counts.get(target);
  if (count !== undefined) counts.set(target, count - 1);
}

function sumUp(into: Record<string, number>, id: string, worker: Worker): void {
  const count = worker.counts.get(id) ?? 0;
  if (count !== 0) into[id] = (into[id] ?? 0) + count;
}
