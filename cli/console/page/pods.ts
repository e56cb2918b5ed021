/**
 * Owns the pods of a pool: bars while they are few, cells where they are many, with those that drain as bars above.
 * Invariant: each target is shown, and in the order of the addresses.
 */
import { el, setAttribute, setHidden } from './dom.js';
import { drainOf, type PoolModel } from './model.js';
import { PodList } from './pod-list.js';
import type { WireDrain, WireTarget } from './wire';

/** More targets than these are cells. */
const BARS_MAX = 48;
const DRAINS_SHOWN = 8;

const order = new Intl.Collator('en', { numeric: true });

export class Pods {
  readonly element = el('div', 'pods');
  readonly #bars: PodList;
  readonly #cells: PodList;
  readonly #more = el('p', 'soft more');

  constructor(onOpen: (target: string) => void) {
    this.#bars = new PodList('bars', false, onOpen);
    this.#cells = new PodList('cells', true, onOpen);
    this.element.append(this.#bars.element, this.#more, this.#cells.element);
  }

  show(pool: PoolModel, drains: readonly WireDrain[], nowMs: number): void {
    const all = [...pool.targets.values()].sort((a, b) => order.compare(a.target, b.target));
    const many = all.length > BARS_MAX;
    const busy = many ? all.filter(isBusy).sort(nearest) : all;
    const shown = many ? busy.slice(0, DRAINS_SHOWN) : busy;
    const gateways = [...pool.gateways.values()].filter(({ lease }) => lease === 'live');
    const sightOf = (target: WireTarget) => ({
      ...{ target, gateways },
      drain: target.state === 'gone' ? drainOf(drains, pool.head.pool, target) : undefined,
    });
    this.#bars.show(shown.map(sightOf), nowMs);
    this.#cells.show(many ? all.map(sightOf) : [], nowMs);
    setHidden(this.#more, busy.length === shown.length && all.length > 0);
    this.#more.textContent =
      all.length === 0
        ? 'No targets: no sidecar has announced one yet.'
        : `and ${busy.length - shown.length} more that drain`;
    const label = `Pods of pool ${pool.head.pool}`;
    setAttribute(this.#bars.element, 'aria-label', many ? `${label} that drain` : label);
    setAttribute(this.#cells.element, 'aria-label', label);
  }

  tick(nowMs: number): void {
    this.#bars.tick(nowMs);
    this.#cells.tick(nowMs);
  }
}

function isBusy({ state }: WireTarget): boolean {
  return state === 'draining' || state === 'expired';
}

/** Those whose deadline is next first. */
function nearest(a: WireTarget, b: WireTarget): number {
  return (a.drain?.untilMs ?? Infinity) - (b.drain?.untilMs ?? Infinity) || a.sinceMs - b.sinceMs;
}
