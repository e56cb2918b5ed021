/** Owns a pool's lane: its counts, chart, pods and gateways. */
import { Chart } from './chart.js';
import { el, setChildren, setText } from './dom.js';
import { age, andUploads } from './format.js';
import { Gateways } from './gateways.js';
import { totalsOf, type PoolModel } from './model.js';
import { SIGNS } from './phase.js';
import { Pods } from './pods.js';
import type { Sample, WireDrain } from './wire';

export class Lane {
  readonly element = el('section', 'lane');
  readonly #counts = el('ul', 'counts');
  readonly #note = el('p', 'note');
  readonly #pods: Pods;
  readonly #gateways = new Gateways();
  readonly #chart: Chart;
  #pool: PoolModel | undefined;

  constructor(name: string, onOpen: (target: string) => void) {
    const title = el('h2', '', name);
    title.id = `pool-${name}`;
    this.element.setAttribute('aria-labelledby', title.id);
    this.element.dataset.pool = name;
    this.#pods = new Pods(onOpen);
    this.#chart = new Chart(name);
    const legend = el(
      'p',
      'legend',
      el('span', 'flight', 'requests in flight'),
      el('span', 'serving', 'pods serving'),
      el('span', 'draining', 'pods draining'),
      el('span', 'drained', 'drains'),
    );
    this.element.append(
      el('header', '', title, this.#counts),
      this.#note,
      el('figure', '', this.#chart.element, legend),
      this.#pods.element,
      this.#gateways.element,
    );
  }

  show(pool: PoolModel, drains: readonly WireDrain[], nowMs: number): void {
    this.#pool = pool;
    const { serving, draining, expired, inFlight, uploads, gateways } = totalsOf(pool);
    const counts: [string, string][] = [
      ['serving', `${SIGNS.serving} ${serving} serving`],
      ['draining', `${SIGNS.draining} ${draining} draining`],
      ...(expired > 0
        ? [['expired', `${SIGNS.expired} ${expired} expired`] as [string, string]]
        : []),
      ['flight', `⇄ ${inFlight} in flight${andUploads(uploads)}`],
      [
        gateways > 0 ? 'gateway' : 'expired',
        `${gateways} ${gateways === 1 ? 'gateway' : 'gateways'}`,
      ],
    ];
    setChildren(
      this.#counts,
      counts.map(([name, words], at) => {
        const item = this.#counts.children[at] ?? el('li');
        item.className = name;
        setText(item, words);
        return item;
      }),
    );
    this.#pods.show(pool, drains, nowMs);
    this.#gateways.show(pool, nowMs);
    this.tick(nowMs);
  }

  chart(samples: readonly Sample[], drains: readonly WireDrain[]): void {
    this.#chart.show(samples, drains);
  }

  tick(nowMs: number): void {
    if (!this.#pool) return;
    const { wholeAtMs, orderedPods } = this.#pool.head;
    const notes = [
      ...(wholeAtMs > nowMs
        ? [
            `The registry is young: for ${age(wholeAtMs - nowMs)} more a gateway may be missing in it, and no drain is released.`,
          ]
        : []),
      ...(orderedPods.length > 0
        ? [`Ordered to drain, without a target: ${orderedPods.join(', ')}.`]
        : []),
    ];
    setText(this.#note, notes.join(' '));
    this.#note.hidden = notes.length === 0;
    this.#pods.tick(nowMs);
    this.#gateways.tick(nowMs);
  }
}
