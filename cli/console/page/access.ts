/** Owns the token on the page. Invariant: it is kept for this tab alone, and sent in a header, never in an address. */
import { byId, setHidden, setText } from './dom.js';
import type { Problem } from './wire';

const KEY = 'kong-drain-token';

export class Access {
  readonly #button = byId('access', HTMLButtonElement);
  readonly #dialog = byId('login', HTMLDialogElement);
  readonly #input = byId('token', HTMLInputElement);
  readonly #problem = byId('login-problem', HTMLElement);
  /** The console was started with a token. */
  #orders = false;

  constructor(private readonly onChange: () => void) {
    this.#button.addEventListener('click', () => {
      if (this.open) this.#leave();
      else this.ask();
    });
    byId('login-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#enter();
    });
    byId('login-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
  }

  /** Orders are possible, once the token is entered. */
  get possible(): boolean {
    return this.#orders;
  }

  /** A token was entered. */
  get open(): boolean {
    return this.#orders && sessionStorage.getItem(KEY) !== null;
  }

  show(orders: boolean): void {
    this.#orders = orders;
    this.#button.disabled = !orders;
    setText(this.#button, !orders ? 'Read-only' : this.open ? 'Lock orders' : 'Unlock orders');
    this.#button.title = orders ? '' : 'Started without --token: this console only shows.';
    this.onChange();
  }

  ask(): void {
    this.#input.value = '';
    setHidden(this.#problem, true);
    this.#dialog.showModal();
  }

  /** Sends an order. What went wrong, undefined where nothing did. */
  async send(
    path: string,
    body: object,
    token = sessionStorage.getItem(KEY) ?? '',
  ): Promise<Problem | undefined> {
    try {
      const answer = await fetch(path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'x-kong-drain': 'console',
        },
        body: JSON.stringify(body),
      });
      if (answer.ok) return undefined;
      if (answer.status === 401 && this.open) this.#leave();
      return (await answer.json()) as Problem;
    } catch {
      return { code: 'AWAY', message: 'The console did not answer: is it still running?' };
    }
  }

  async #enter(): Promise<void> {
    const token = this.#input.value.trim();
    const problem = await this.send('/api/token', {}, token);
    if (problem) {
      setText(this.#problem, problem.message);
      setHidden(this.#problem, false);
      this.#input.select();
      return;
    }
    sessionStorage.setItem(KEY, token);
    this.#dialog.close();
    this.show(this.#orders);
  }

  #leave(): void {
    sessionStorage.removeItem(KEY);
    this.show(this.#orders);
  }
}
