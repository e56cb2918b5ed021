/**
 * Owns what one gateway knows of one pool.
 * Invariant: the epoch of a view never goes down, and what was known to drain, or to be gone, is not forgotten because
 * the registry forgot it: flushed, or failed over to an older copy of itself.
 */
import { withEntries } from './layered-map';
import type { TargetRecord } from './records';

type Targets = ReadonlyMap<string, TargetRecord>;

export interface View {
  readonly run: string;
  readonly epoch: number;
  readonly targets: Targets;
  /** Records that are later than what the registry has of these targets. */
  readonly inherited: Targets;
  /** When `inherited` ends, on the gateway's monotonic clock. */
  readonly inheritedUntilMs: number;
}

/** What Kong routes by. */
export interface Routing {
  readonly serving: readonly string[];
  readonly draining: readonly string[];
}

interface Change {
  readonly run: string;
  readonly prev: number;
  readonly epoch: number;
  readonly changes: readonly (readonly [id: string, record: TargetRecord])[];
}

const NONE: Targets = new Map();

/** One until the lease in an older copy ends, one until its end was noticed and heard of. */
const INHERITED_LEASES = 2;

export const emptyView: View = {
  run: '',
  epoch: 0,
  targets: NONE,
  inherited: NONE,
  inheritedUntilMs: 0,
};

/** The view after one published change, `null` where the change does not follow it and the whole must be read. */
export function applyChange(view: View, change: Change): View | null {
  if (change.run !== view.run || change.prev !== view.epoch || change.epoch <= change.prev) {
    return change.run === view.run && change.epoch <= view.epoch ? view : null;
  }
  return { ...view, epoch: change.epoch, targets: withEntries(view.targets, change.changes) };
}

/**
 * The view after a whole reading. One older than what is known (a replica behind) changes nothing. What is known to be
 * later than the reading (an older copy took over), or is missing in a new run (a flush), is inherited: for two leases,
 * in which a target that lives states itself anew, and one that does not is found out. Without a living lease
 * (`ofLease`) nothing is inherited that served: it may have been released meanwhile, without this gateway's ack.
 */
export function adopt(
  view: View,
  read: { run: string; epoch: number; targets: Targets },
  nowMs: number,
  leaseMs: number,
  ofLease: boolean,
): View {
  if (read.epoch < view.epoch) return view;
  const newRun = read.run !== view.run;
  const before = unexpired(view, nowMs);
  const inherited = new Map(
    [...current(view, nowMs)].filter(([id, known]) => {
      const record = read.targets.get(id);
      if (known.state === 'serving' && !ofLease) return false;
      return record ? isLater(known, record) : newRun || before.has(id);
    }),
  );
  const isNew = [...inherited.keys()].some((id) => !before.has(id));
  const inheritedUntilMs = isNew ? nowMs + INHERITED_LEASES * leaseMs : view.inheritedUntilMs;
  return { run: read.run, epoch: read.epoch, targets: read.targets, inherited, inheritedUntilMs };
}

/** Targets are never changed, only replaced: who serves among them is found out once. */
const routings = new WeakMap<Targets, Routing>();

/** Who serves and who drains. */
export function routingOf(view: View, nowMs: number): Routing {
  const targets = current(view, nowMs);
  const routing = routings.get(targets) ?? byState(targets);
  routings.set(targets, routing);
  return routing;
}

/** The targets that serve, with their records. */
export function servingOf(view: View, nowMs: number): [string, TargetRecord][] {
  return [...current(view, nowMs)].filter(([, { state }]) => state === 'serving');
}

function byState(targets: Targets): Routing {
  const serving: string[] = [];
  const draining: string[] = [];
  targets.forEach(({ state }, id) => {
    if (state === 'serving') serving.push(id);
    if (state === 'draining') draining.push(id);
  });
  return { serving, draining };
}

/** Each target's latest record, of those of this run and those inherited. */
function current(view: View, nowMs: number): Targets {
  const inherited = unexpired(view, nowMs);
  if (inherited.size === 0) return view.targets;
  const latest = new Map(view.targets);
  for (const [id, known] of inherited) {
    const record = latest.get(id);
    if (!record || isLater(known, record)) latest.set(id, known);
  }
  return latest;
}

/** Whether `a` was stated after `b`: in a later life, by a later statement, or by an order since. */
function isLater(a: TargetRecord, b: TargetRecord): boolean {
  if (a.fence !== b.fence) return a.fence > b.fence;
  if (a.serial !== b.serial) return a.serial > b.serial;
  return a.epoch > b.epoch;
}

function unexpired(view: View, nowMs: number): Targets {
  return nowMs < view.inheritedUntilMs ? view.inherited : NONE;
}
