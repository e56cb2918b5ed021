/** Owns one pod on the page, as a bar or as a cell. Invariant: what did not change is not touched. */
import { chipsOf } from './acks.js';
import { el, setAttribute, setChildren, setClass, setHidden, setText } from './dom.js';
import { age, andUploads, counted, span } from './format.js';
import { phaseOf, SIGNS, stateText } from './phase.js';
import type { WireDrain, WireGateway, WireTarget } from './wire';

export interface PodSight {
  readonly target: WireTarget;
  /** By which it went. */
  readonly drain: WireDrain | undefined;
  /** Those with a live lease. */
  readonly gateways: readonly WireGateway[];
}

export class Pod {
  readonly item = el('li');
  readonly button = el('button');
  #sight: PodSight;
  #isShown = false;
  readonly #sign = el('span', 'sign');
  readonly #name = el('span', 'name');
  readonly #state = el('span', 'state');
  readonly #flight = el('span', 'flight');
  readonly #uploads = el('span', 'uploads');
  readonly #age = el('span', 'age');
  readonly #done = el('i');
  readonly #clock = el('span', 'clock');
  readonly #acks = el('ul', 'acks');
  readonly #drain = el('div', 'drain', el('span', 'meter', this.#done), this.#clock);

  constructor(
    sight: PodSight,
    private readonly compact: boolean,
  ) {
    this.#sight = sight;
    this.button.type = 'button';
    this.button.tabIndex = -1;
    this.button.dataset.target = sight.target.target;
    this.#sign.ariaHidden = 'true';
    const doing = el('span', 'doing', this.#state, this.#uploads);
    const parts = compact
      ? [this.#sign, this.#flight]
      : [this.#sign, this.#name, this.#flight, doing, this.#age, this.#drain];
    this.button.append(...parts);
    this.item.append(this.button);
    if (!compact) this.item.append(this.#acks);
  }

  show(sight: PodSight, nowMs: number): void {
    const { target, drain } = sight;
    const isSame = target === this.#sight.target && drain === this.#sight.drain;
    // Of one that drains the gateways matter too.
    if (this.#isShown && isSame && target.state !== 'draining') return;
    this.#isShown = true;
    this.#sight = sight;
    setText(this.#name, target.pod ?? target.target);
    setText(this.#flight, target.inFlight === 0 && this.compact ? '' : String(target.inFlight));
    this.#flight.title = flightText(target);
    setText(this.#uploads, counted(target.uploads, 'upload'));
    setHidden(this.#flight, target.state === 'gone' && !this.compact);
    setHidden(this.#uploads, target.state === 'gone' || target.uploads === 0);
    setHidden(this.#drain, target.state !== 'draining');
    if (!this.compact) this.#showAcks(sight);
    const outcome = drain ? `${drain.outcome} after ${span(drain.totalMs)}` : '';
    this.button.title = [target.target, target.node, outcome].filter(Boolean).join(' · ');
    this.tick(nowMs);
  }

  /** What changes by time alone. */
  tick(nowMs: number): void {
    const { target, drain } = this.#sight;
    const phase = phaseOf(target, drain, nowMs);
    const words = stateText(target, phase, drain);
    setClass(this.button, `pod ${phase}`);
    setText(this.#sign, SIGNS[phase]);
    const name = target.pod ?? target.target;
    setAttribute(this.button, 'aria-label', `${name}: ${words}, ${flightText(target)}`);
    if (this.compact) return;
    setText(this.#state, words);
    setText(this.#age, age(nowMs - target.sinceMs));
    if (target.state === 'draining') this.#tickDrain(target, nowMs);
  }

  #tickDrain({ sinceMs, drain }: WireTarget, nowMs: number): void {
    const spentMs = Math.max(0, nowMs - sinceMs);
    const untilMs = drain?.untilMs;
    if (untilMs === undefined) {
      setText(this.#clock, `${age(spentMs)}, no deadline: until undrained`);
      this.#done.style.width = '0';
      return;
    }
    const share = Math.min(1, spentMs / Math.max(1, untilMs - sinceMs));
    this.#done.style.width = `${(share * 100).toFixed(1)}%`;
    this.#drain.classList.toggle('late', share >= 0.8);
    const left = Math.max(0, untilMs - nowMs) / 1000;
    setText(this.#clock, `${left.toFixed(1)} s of ${age(untilMs - sinceMs)} left`);
  }

  #showAcks({ target: { drain }, gateways }: PodSight): void {
    setHidden(this.#acks, !drain);
    if (!drain) return;
    const chips = chipsOf(drain.heldBy, gateways);
    const items = chips.map(([className, words], at) => {
      const item = this.#acks.children[at] ?? el('li');
      setClass(item, className);
      setText(item, words);
      return item;
    });
    setChildren(this.#acks, items);
  }
}

function flightText({ inFlight, uploads }: WireTarget): string {
  return `${counted(inFlight, 'request')} in flight${andUploads(uploads)}`;
}
