/** Owns the past drains on the page: the last, those before on demand, what was cut, and each one's timeline. */
import { byId, el, facts, setChildren, setHidden, setText } from './dom.js';
import { closedTexts, cutTexts, outcomeText } from './drain-texts.js';
import { counted, moment, span } from './format.js';
import { keyOf, rejoined, withNewer, withOlder } from './model.js';
import type { Past, TimelineEvent, WireDrain } from './wire';

const CUT_SHOWN = 6;

export class History {
  readonly #list = byId('drains', HTMLUListElement);
  readonly #cut = byId('cut', HTMLUListElement);
  readonly #older = byId('older', HTMLButtonElement);
  readonly #dialog = byId('timeline', HTMLDialogElement);
  #items = new Map<string, HTMLElement>();
  #past: Past = { drains: [], older: false };

  constructor() {
    this.#older.addEventListener('click', () => void this.#loadOlder());
  }

  /** Oldest first. */
  get drains(): readonly WireDrain[] {
    return this.#past.drains;
  }

  /** @param afresh of another run of the registry: what was known is no longer kept. */
  begin({ drains, older }: Past, afresh: boolean): void {
    if (afresh) this.#items.clear();
    const last = { drains, older };
    this.#show(afresh ? last : rejoined(this.#past, last));
  }

  add(newer: readonly WireDrain[]): void {
    this.#show(withNewer(this.#past, newer));
  }

  #show(past: Past): void {
    this.#past = past;
    const known = [...this.drains]
      .reverse()
      .map((drain) => [keyOf(drain), this.#item(drain)] as const);
    this.#items = new Map(known);
    const items = known.map(([, item]) => item);
    setHidden(this.#older, !past.older);
    setText(this.#older, 'Older drains');
    const none = el('li', 'soft', 'No drain is kept yet.');
    setChildren(this.#list, items.length > 0 ? items : [none]);
    const cut = this.drains.filter(({ outcome }) => outcome === 'cut').slice(-CUT_SHOWN);
    const told = cut
      .reverse()
      .flatMap((drain) => cutTexts(drain).map((text) => el('li', '', text)));
    const last = this.drains.length;
    const whole = el(
      'li',
      'soft',
      last === 0 ? 'None.' : `None in the last ${counted(last, 'drain')}.`,
    );
    setChildren(this.#cut, told.length > 0 ? told : [whole]);
  }

  #item(drain: WireDrain): HTMLElement {
    const known = this.#items.get(keyOf(drain));
    if (known) return known;
    const button = el(
      'button',
      `ended ${drain.outcome}`,
      el('span', 'sign', drain.outcome === 'cut' ? '✕' : '✓'),
      el('span', 'name', drain.pod ?? drain.target),
      el('span', 'took', span(drain.totalMs)),
      el('span', 'state', `${outcomeText(drain)} · by ${drain.by}`),
      el('time', 'age', moment(drain.endedMs)),
    );
    button.type = 'button';
    button.addEventListener('click', () => void this.#openTimeline(drain));
    return el('li', '', button);
  }

  async #loadOlder(): Promise<void> {
    // With those that ended in the same millisecond as the first that is known.
    const before = (this.drains[0]?.endedMs ?? Number.MAX_SAFE_INTEGER - 1) + 1;
    const answer = await fetch(`/api/drains?before=${before}`).catch(() => undefined);
    if (!answer?.ok) {
      setText(this.#older, 'Could not be loaded: try again');
      return;
    }
    this.#show(withOlder(this.#past, (await answer.json()) as Past));
  }

  async #openTimeline(drain: WireDrain): Promise<void> {
    const { pool, target, pod = '–', node = '–', by, totalMs, ackMs, afterLastByteMs } = drain;
    const events = el('ol', 'events', el('li', 'soft', 'Loading…'));
    setChildren(byId('timeline-body', HTMLElement), [
      el('h2', '', `${pod === '–' ? target : pod}: ${drain.outcome} after ${span(totalMs)}`),
      facts([
        ['pool', pool],
        ['target', target],
        ['node', node],
        ['ended', moment(drain.endedMs)],
        ['begun by', by],
        ['all acks after', ackMs === null ? '–' : span(ackMs)],
        ['past the last byte', span(afterLastByteMs)],
        ...cutTexts(drain).map((text) => ['cut', text] as const),
        ...closedTexts(drain).map((text) => ['closed knowingly', text] as const),
      ]),
      events,
    ]);
    this.#dialog.showModal();
    const answer = await fetch(`/api/drains/${encodeURIComponent(pool)}/${drain.number}`).catch(
      () => undefined,
    );
    const told = answer?.ok ? ((await answer.json()) as readonly TimelineEvent[]) : undefined;
    setChildren(
      events,
      told?.map(eventItem) ?? [
        el('li', 'soft', 'Its timeline could not be read: is it no longer kept?'),
      ],
    );
  }
}

function eventItem({ atMs, event, ...details }: TimelineEvent): HTMLElement {
  const said = Object.entries(details).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const at = el('span', 'at', `${atMs.toFixed(1)} ms`);
  return el('li', '', at, el('span', 'event', event), el('span', 'soft', said.join(', ')));
}
