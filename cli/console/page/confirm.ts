/** Owns the confirmation of an order. Invariant: it names the target, and nothing is sent before it is confirmed. */
import type { Access } from './access.js';
import { byId, setHidden, setText } from './dom.js';
import type { WireDrain, WireTarget } from './wire';

export interface Shown {
  readonly pool: string;
  readonly target: WireTarget;
  readonly drain: WireDrain | undefined;
}

export function nameOf({ pod, target }: WireTarget): string {
  return pod ?? target;
}

export type Act = 'drain' | 'undrain';

/** What can be ordered of a target. */
export function actOn({ state, podId, drain }: WireTarget): Act | undefined {
  if (podId === undefined) return undefined;
  if (state === 'serving') return 'drain';
  return state === 'draining' && drain?.ordered ? 'undrain' : undefined;
}

const EXPLAINED: Readonly<Record<Act, (target: string, pool: string) => string>> = {
  drain: (target, pool) =>
    `Gateways will send ${target} of pool ${pool} nothing new; what is in flight goes on. The pod itself lives on. "Undrain" takes this back.`,
  undrain: (target, pool) => `Gateways will send ${target} of pool ${pool} requests again.`,
};

export class Confirm {
  readonly #dialog = byId('confirm', HTMLDialogElement);
  readonly #yes = byId('confirm-yes', HTMLButtonElement);
  readonly #problem = byId('confirm-problem', HTMLElement);
  #order: { readonly act: Act; readonly shown: Shown; readonly force: boolean } | undefined;

  constructor(private readonly access: Access) {
    byId('confirm-no', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    this.#yes.addEventListener('click', () => void this.#send());
  }

  ask(shown: Shown): void {
    const act = actOn(shown.target);
    if (!act) return;
    this.#order = { act, shown, force: false };
    const name = nameOf(shown.target);
    setText(
      byId('confirm-title', HTMLElement),
      `${act === 'drain' ? 'Drain' : 'Undrain'} ${name}?`,
    );
    setText(byId('confirm-text', HTMLElement), EXPLAINED[act](shown.target.target, shown.pool));
    setText(this.#yes, `${act === 'drain' ? 'Drain' : 'Undrain'} ${name}`);
    setHidden(this.#problem, true);
    this.#yes.disabled = false;
    this.#dialog.showModal();
  }

  async #send(): Promise<void> {
    if (!this.#order) return;
    const { act, shown, force } = this.#order;
    const { target, podId } = shown.target;
    this.#yes.disabled = true;
    const problem = await this.access.send('/api/orders', {
      act,
      pool: shown.pool,
      target,
      podId,
      force,
    });
    this.#yes.disabled = false;
    if (!problem) {
      this.#dialog.close();
      return;
    }
    setText(this.#problem, problem.message);
    setHidden(this.#problem, false);
    if (problem.code !== 'LAST_SERVING') return;
    this.#order = { act, shown, force: true };
    setText(this.#yes, 'Drain it all the same');
  }
}
