/** Owns a pool's gateways on the page: lease, ack, last sync, requests. */
import { el, setChildren, setClass, setText } from './dom.js';
import { age, counted } from './format.js';
import type { PoolModel } from './model.js';
import type { WireGateway } from './wire';

const LEASE_MS = 3000;

class Row {
  readonly element = el('li');
  readonly #sign = el('span', 'sign');
  readonly #name = el('span', 'name');
  readonly #left = el('i');
  readonly #lease = el('span', 'lease');
  readonly #ack = el('span', 'ack');
  readonly #sync = el('span', 'sync');
  readonly #flight = el('span', 'flight');
  #gateway: WireGateway | undefined;

  constructor() {
    const lease = el('span', 'leased', el('span', 'meter', this.#left), this.#lease);
    this.element.append(this.#sign, this.#name, lease, this.#ack, this.#sync, this.#flight);
    this.#sign.ariaHidden = 'true';
  }

  show(gateway: WireGateway, nowMs: number): void {
    this.#gateway = gateway;
    const { lease, current, inFlight, unassigned, addresses } = gateway;
    this.element.dataset.gateway = gateway.gateway;
    setText(this.#name, gateway.gateway);
    this.element.title = `epoch ${gateway.ackedEpoch}, connects from ${addresses.join(', ')}`;
    setText(this.#sign, lease === 'live' ? '●' : lease === 'lost' ? '▲' : '○');
    setClass(this.element, lease);
    setClass(this.#ack, current ? 'ack current' : 'ack behind');
    setText(this.#ack, current ? '✓ acked' : '… behind');
    const own = unassigned > 0 ? `, ${unassigned} by Kong's own routing` : '';
    setText(this.#flight, `${counted(inFlight, 'request')} in flight${own}`);
    this.tick(nowMs);
  }

  tick(nowMs: number): void {
    if (!this.#gateway) return;
    const { lease, leaseUntilMs, syncMs } = this.#gateway;
    const leftMs = Math.max(0, leaseUntilMs - nowMs);
    this.#left.style.width = `${Math.min(100, (leftMs / LEASE_MS) * 100).toFixed(0)}%`;
    const lost = `lost for ${age(nowMs - leaseUntilMs)}`;
    const live = `lease ${(leftMs / 1000).toFixed(1)} s`;
    setText(this.#lease, lease === 'live' ? live : lease === 'lost' ? lost : 'has left');
    setText(this.#sync, `synced ${age(nowMs - syncMs)} ago`);
  }
}

export class Gateways {
  readonly element = el('ul', 'gateways');
  readonly #rows = new Map<string, Row>();

  constructor() {
    this.element.setAttribute('role', 'list');
  }

  show({ gateways, head }: PoolModel, nowMs: number): void {
    this.element.ariaLabel = `Gateways of pool ${head.pool}`;
    const shown = [...gateways.values()].filter(({ lease }) => lease !== 'left');
    const rows = shown.map((gateway) => {
      const row = this.#rows.get(gateway.gateway) ?? new Row();
      this.#rows.set(gateway.gateway, row);
      row.show(gateway, nowMs);
      return row.element;
    });
    const none = el(
      'li',
      'lost',
      'No gateway serves this pool: Kong routes as it would without us.',
    );
    setChildren(this.element, rows.length > 0 ? rows : [none]);
  }

  tick(nowMs: number): void {
    for (const row of this.#rows.values()) row.tick(nowMs);
  }
}
