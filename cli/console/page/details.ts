/** Owns the dialog of one pod, from which an order can be given. Invariant: it says why where none can. */
import type { Access } from './access.js';
import { actOn, Confirm, nameOf, type Act, type Shown } from './confirm.js';
import { byId, el, facts, setChildren, setHidden, setText } from './dom.js';
import { age, andUploads, counted, span } from './format.js';
import { SIGNS, phaseOf, stateText } from './phase.js';
import type { Hold, WireTarget } from './wire';

export class Details {
  readonly #dialog = byId('details', HTMLDialogElement);
  readonly #body = byId('details-body', HTMLElement);
  readonly #act = byId('details-act', HTMLButtonElement);
  readonly #hint = byId('details-hint', HTMLElement);
  readonly #confirm: Confirm;
  #shown: Shown | undefined;

  constructor(private readonly access: Access) {
    this.#confirm = new Confirm(access);
    this.#act.addEventListener('click', () => {
      if (!this.#shown) return;
      if (access.open) this.#confirm.ask(this.#shown);
      else access.ask();
    });
  }

  /** What is open: pool and target. */
  get open(): Shown | undefined {
    return this.#dialog.open ? this.#shown : undefined;
  }

  show(shown: Shown, nowMs: number): void {
    this.#shown = shown;
    this.refresh(shown, nowMs);
    this.#dialog.showModal();
  }

  refresh(shown: Shown, nowMs: number): void {
    this.#shown = shown;
    const { pool, target, drain } = shown;
    const phase = phaseOf(target, drain, nowMs);
    const words = `${SIGNS[phase]} ${stateText(target, phase, drain)}`;
    setChildren(this.#body, [
      el('h2', '', nameOf(target)),
      facts([
        ['state', `${words} for ${age(nowMs - target.sinceMs)}`],
        ['in flight', counted(target.inFlight, 'request') + andUploads(target.uploads)],
        ['pool', pool],
        ['target', target.target],
        ['node', target.node ?? '–'],
        ...drainFacts(target, nowMs),
        ...(drain ? [['drain', `${drain.outcome} after ${span(drain.totalMs)}`] as const] : []),
      ]),
    ]);
    const act = actOn(target);
    setHidden(this.#act, act === undefined || !this.access.possible);
    setText(this.#act, `${act === 'undrain' ? 'Undrain' : 'Drain'} ${nameOf(target)}…`);
    setText(this.#hint, hintOf(target, act, this.access.possible));
  }
}

function hintOf({ podId, state }: WireTarget, act: Act | undefined, possible: boolean): string {
  if (!possible)
    return 'Read-only: start the console with --token or CONSOLE_TOKEN to drain from here.';
  if (podId === undefined)
    return 'A target without a name takes no order: give its sidecar POD_NAME.';
  if (act) return '';
  return state === 'draining'
    ? 'Its own hook or SIGTERM began this drain: it cannot be taken back.'
    : '';
}

function drainFacts({ drain }: WireTarget, nowMs: number): (readonly [string, string])[] {
  if (!drain) return [];
  const { acked, gateways, heldBy, clear, untilMs } = drain;
  const held = clear
    ? 'no gateway: the pod looks at its own sockets'
    : heldBy.map(holdText).join('; ');
  return [
    ['acked', `${acked} of ${counted(gateways, 'gateway')}`],
    ['held by', held === '' ? 'nobody; the registry is younger than a lease' : held],
    [
      'deadline',
      untilMs === undefined ? 'none: until undrained' : `in ${span(Math.max(0, untilMs - nowMs))}`,
    ],
  ];
}

function holdText(hold: Hold): string {
  return hold.why === 'not-acked'
    ? `${hold.gateway}: not acked`
    : `${hold.gateway}: ${hold.inFlight} in flight${hold.streams ? `, ${hold.streams} of them streaming` : ''}`;
}
