/** Owns a list of pods and its keys. Invariant: one stop for Tab; the arrows go on from there. */
import { el, setChildren, setHidden } from './dom.js';
import { Pod, type PodSight } from './pod.js';

export class PodList {
  readonly element: HTMLUListElement;
  #pods = new Map<string, Pod>();
  #at: HTMLElement | undefined;

  constructor(
    className: string,
    private readonly compact: boolean,
    onOpen: (target: string) => void,
  ) {
    this.element = el('ul', className);
    this.element.setAttribute('role', 'list');
    this.element.addEventListener('click', (event) => {
      const button = (event.target as Element).closest('button');
      if (button?.dataset.target === undefined) return;
      this.#rove(button);
      onOpen(button.dataset.target);
    });
    this.element.addEventListener('keydown', (event) => this.#key(event));
  }

  show(sights: readonly PodSight[], nowMs: number): void {
    const pods = new Map<string, Pod>();
    for (const sight of sights) {
      const id = sight.target.target;
      const pod = this.#pods.get(id) ?? new Pod(sight, this.compact);
      pod.show(sight, nowMs);
      pods.set(id, pod);
    }
    this.#pods = pods;
    setChildren(
      this.element,
      [...pods.values()].map(({ item }) => item),
    );
    setHidden(this.element, pods.size === 0);
    if (!this.#at?.isConnected) this.#rove(this.element.querySelector('button') ?? undefined);
  }

  tick(nowMs: number): void {
    for (const pod of this.#pods.values()) pod.tick(nowMs);
  }

  #rove(to: HTMLElement | undefined): void {
    if (this.#at) this.#at.tabIndex = -1;
    this.#at = to;
    if (to) to.tabIndex = 0;
  }

  #key(event: KeyboardEvent): void {
    const buttons = [...this.element.querySelectorAll('button')];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const to = at < 0 ? undefined : buttons[indexAfter(event.key, at, buttons)];
    if (!to) return;
    event.preventDefault();
    this.#rove(to);
    to.focus();
  }
}

/** Where a key leads to, -1: nowhere. */
function indexAfter(key: string, at: number, buttons: readonly HTMLElement[]): number {
  const columns = Math.max(
    1,
    buttons.findIndex((one) => one.getBoundingClientRect().top > topOf(buttons[0])),
  );
  switch (key) {
    case 'ArrowRight':
      return at + 1;
    case 'ArrowLeft':
      return at - 1;
    case 'ArrowDown':
      return at + columns;
    case 'ArrowUp':
      return at - columns;
    case 'Home':
      return 0;
    case 'End':
      return buttons.length - 1;
    default:
      return -1;
  }
}

function topOf(element: HTMLElement | undefined): number {
  return element?.getBoundingClientRect().top ?? 0;
}
