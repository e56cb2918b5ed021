/**
 * Owns the one look at the registry that all pages share. Invariant: what is told is the last look that was answered; a
 * registry that is away is told as such, and asked again until it answers.
 */
import { EventEmitter } from 'node:events';
import { DrainError } from '../../../core/errors';
import type { RedisRegistry } from '../../../registry/redis-registry';
import { poolStatus } from '../../status/pool-status';
import { eachChange } from '../../status/watch';
import type { Change, RegistryState, Sample, WireDrain, WirePool } from '../page/wire';
import { changesBetween } from './diff';
import { EndedDrains } from './drains';
import { failureOf } from './failure';
import { Samples } from './samples';
import { wireDrain, wirePool } from './wire-of';

interface WatchEvents {
  /** Something went away that only the whole can tell. */
  whole: [];
  change: [Change];
  drains: [readonly WireDrain[]];
  sample: [Sample];
  registry: [RegistryState];
}

export interface WatchOptions {
  readonly intervalMs: number;
  /** The pools that are meant; all that there are if left out. */
  readonly pools: readonly string[];
  /** What Redis last complained of, '' for nothing. */
  readonly redisError: () => string;
}

const SAMPLE_MS = 1000;
const NAMES_MS = 3000;

export class Watch extends EventEmitter<WatchEvents> {
  readonly drains = new EndedDrains();
  readonly samples = new Samples();
  pools: readonly WirePool[] = [];
  /** Undefined while the registry answers; without a message before the first look. By our steady clock. */
  #away: { readonly sinceMs: number; readonly message?: string } | undefined = {
    sinceMs: performance.now(),
  };
  /** Redis's clock less ours, as of the last look. */
  #aheadMs = 0;
  #names: readonly string[] = [];
  #namesMs = -Infinity;

  constructor(
    private readonly registry: RedisRegistry,
    private readonly options: WatchOptions,
  ) {
    super();
  }

  get nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  get state(): RegistryState {
    if (!this.#away) return { reachable: true };
    const { sinceMs, message } = this.#away;
    if (message === undefined) return { reachable: false };
    return { reachable: false, awayMs: performance.now() - sinceMs, message };
  }

  /** Looks until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const timer = setInterval(() => {
      const pools = this.#away ? undefined : this.pools;
      this.emit('sample', this.samples.take(pools, this.nowMs));
    }, SAMPLE_MS);
    try {
      await eachChange(this.registry, this.options.intervalMs, signal, () => this.#look());
    } finally {
      clearInterval(timer);
    }
  }

  async #look(): Promise<readonly string[]> {
    try {
      const names = await this.#poolNames();
      const seen = await Promise.all(names.map((name) => this.registry.overview(name)));
      if (seen.length > 0) this.#aheadMs = Math.max(...seen.map((one) => one.nowMs)) - Date.now();
      const pools = seen.map((pool) => wirePool(poolStatus(pool), pool.nowMs));
      this.drains.keepOnly(names);
      const fresh = await Promise.all(
        seen.map(({ name, run }) => this.drains.read(this.registry, name, run)),
      );
      this.#found(pools, fresh.flat().map(wireDrain));
    } catch (error) {
      if (!(error instanceof DrainError)) throw error;
      this.#lost(error);
    }
    return this.#names;
  }

  async #poolNames(): Promise<readonly string[]> {
    if (this.options.pools.length > 0) return (this.#names = this.options.pools);
    if (performance.now() - this.#namesMs < NAMES_MS && this.#names.length > 0) return this.#names;
    this.#names = await this.registry.poolNames();
    this.#namesMs = performance.now();
    return this.#names;
  }

  #found(pools: readonly WirePool[], drains: readonly WireDrain[]): void {
    const changes = changesBetween(this.pools, pools);
    const sameRuns = this.pools.every(({ head }) =>
      pools.some((pool) => pool.head.pool === head.pool && pool.head.run === head.run),
    );
    this.pools = pools;
    const wasAway = this.#away !== undefined;
    this.#away = undefined;
    if (wasAway || !changes || !sameRuns) {
      this.emit('whole');
      return;
    }
    if (changes.length > 0) this.emit('change', { nowMs: this.nowMs, pools: changes });
    if (drains.length > 0) this.emit('drains', drains);
  }

  #lost(error: DrainError): void {
    const message = this.#told(error);
    if (this.#away?.message === message) return;
    this.#away = { sinceMs: this.#away?.sinceMs ?? performance.now(), message };
    this.emit('registry', this.state);
  }

  #told(error: DrainError): string {
    if (error.code !== 'REGISTRY_UNREACHABLE') return error.message;
    const failure = failureOf(error);
    if ('why' in failure) return `Redis refused: ${failure.why}`;
    const why = this.options.redisError();
    return why === '' ? error.message : `Redis did not answer: ${why}`;
  }
}
