/** Owns what the page says aloud and in its banner. Invariant: a screen reader hears each change once, not each number. */
import { byId, setHidden, setText } from './dom.js';
import { age, counted } from './format.js';
import type { PoolModel } from './model.js';
import type { RegistryState, WireTarget } from './wire';

export type Link = 'connecting' | 'live' | 'lost';

const LINK_TEXTS: Readonly<Record<Link, string>> = {
  connecting: '… connecting',
  live: '● live',
  lost: '▲ no connection',
};

export class News {
  readonly #banner = byId('banner', HTMLElement);
  readonly #link = byId('link', HTMLElement);
  readonly #said = byId('said', HTMLElement);
  #linked: Link = 'connecting';
  #registry: RegistryState = { reachable: true };
  /** When the registry's state was told, by this machine's steady clock. */
  #toldMs = 0;

  link(linked: Link): void {
    this.#linked = linked;
    this.#show();
  }

  registry(state: RegistryState): void {
    this.#registry = state;
    this.#toldMs = performance.now();
    this.#show();
  }

  #show(): void {
    const stale = this.#linked === 'live' && !this.#registry.reachable;
    setText(this.#link, stale ? '▲ no registry' : LINK_TEXTS[this.#linked]);
    this.#link.className = stale ? 'link lost' : `link ${this.#linked}`;
    document.body.classList.toggle('stale', stale || this.#linked === 'lost');
    this.tick();
  }

  tick(): void {
    const text = this.#linked === 'lost' ? LOST : this.#registryText();
    setText(this.#banner, text);
    setHidden(this.#banner, text === '');
  }

  #registryText(): string {
    const { reachable, awayMs, message } = this.#registry;
    if (reachable || awayMs === undefined) return '';
    const lasted = age(awayMs + performance.now() - this.#toldMs);
    return `The registry has not answered for ${lasted}; what is shown is of before. Gateways route on by their last view. ${message ?? ''}`;
  }

  /** Tells what became of targets between two sights of a pool. */
  tell(before: ReadonlyMap<string, WireTarget>, { targets, head }: PoolModel): void {
    const changed = [...targets.values()].filter(
      ({ target, state }) => (before.get(target)?.state ?? 'gone') !== state,
    );
    const texts = (['serving', 'draining', 'gone', 'expired'] as const).flatMap((state) => {
      const names = changed
        .filter((one) => one.state === state)
        .map((one) => one.pod ?? one.target);
      if (names.length === 0) return [];
      const who = names.length > 3 ? counted(names.length, 'pod') : names.join(', ');
      return [`${who} of pool ${head.pool}: ${state === 'serving' ? 'serving now' : state}`];
    });
    if (texts.length > 0) setText(this.#said, texts.join('. '));
  }
}

const LOST =
  'The console does not answer; what is shown is of before. The page connects again by itself.';
