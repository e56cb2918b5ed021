/**
 * Owns one process's connection to the simulated Redis, as a Registry.
 * Invariant: a call answers or fails within the command timeout; its command may be lost, doubled, overtaken or late.
 */
import { DrainError } from '../../core/errors';
import type { Announcement, Change, PoolRegistry, Registry } from '../../registry/registry';
import type { RegistryModel } from './registry-model';
import type { SimProcess } from './process';
import type { SimRedis, Subscriber } from './redis';

export interface Weather {
  /** Of a command, of its reply, or of a message to a subscriber. */
  lost: number;
  /** Of a command: a second copy arrives later, up to `lateMs`. */
  doubled: number;
  slow: number;
  lateMs: number;
}

const COMMAND_TIMEOUT_MS = 800;

export class SimConnection implements Registry, Subscriber {
  private cutUntilMs = 0;
  private readonly onChanges = new Set<(change: Change | null) => void>();
  private readonly onNewsCalls = new Set<() => void>();
  private readonly onConnects: ((again: boolean) => void)[] = [];
  private names = 0;

  constructor(
    private readonly process: SimProcess,
    private readonly redis: SimRedis,
    private readonly weather: Weather,
    private readonly onAnnounce: (said: Announcement) => void = () => undefined,
  ) {
    redis.subscribers.add(this);
  }

  pool(): PoolRegistry {
    return {
      join: (kind, id) => this.ask((model, nowMs) => model.join(kind, id, nowMs)),
      announce: (said) => {
        const fresh = this.freshRun();
        this.onAnnounce(said);
        return this.ask((model, nowMs) => model.announce(said, fresh, nowMs));
      },
      renew: (said) => {
        const fresh = this.freshRun();
        return this.ask((model, nowMs) => model.renew(said, fresh, nowMs));
      },
      view: () => this.ask((model, nowMs) => model.view(nowMs)),
      progress: (target, since) => this.ask((model, nowMs) => model.progress(target, since, nowMs)),
      order: (target, act, by) => this.ask((model, nowMs) => model.order(target, act, by, nowMs)),
      onChange: (callback) => {
        this.onChanges.add(callback);
        this.later(() => callback(null));
        return () => this.onChanges.delete(callback);
      },
      onNews: (callback) => {
        this.onNewsCalls.add(callback);
        return () => this.onNewsCalls.delete(callback);
      },
    };
  }

  onConnect(callback: (again: boolean) => void): void {
    this.onConnects.push(callback);
  }

  close(): Promise<void> {
    this.redis.subscribers.delete(this);
    return Promise.resolve();
  }

  /** This process alone cannot reach Redis for a while. */
  cut(ms: number): void {
    const { world, name } = this.process;
    world.log(`${name} cut from Redis for ${ms.toFixed(0)} ms`);
    this.cutUntilMs = Math.max(this.cutUntilMs, world.nowMs + ms);
    world.in(ms, () => this.reconnected());
  }

  changed(change: Change): void {
    this.message(() => {
      for (const callback of this.onChanges) callback(change);
    });
  }

  news(): void {
    this.message(() => {
      for (const callback of this.onNewsCalls) callback();
    });
  }

  /** A new connection: nothing of the new server is heard before the client knows of it. */
  reconnected(): void {
    if (this.unreachable) return;
    this.process.deliver(() => {
      for (const callback of this.onConnects) callback(true);
      for (const callback of this.onChanges) callback(null);
    });
  }

  private get unreachable(): boolean {
    return this.process.world.nowMs < this.cutUntilMs || this.redis.away;
  }

  private ask<T>(act: (model: RegistryModel, nowMs: number) => T): Promise<T> {
    const { world } = this.process;
    const { server, model } = this.redis;
    return new Promise<T>((resolve, reject) => {
      this.process.clock.after(COMMAND_TIMEOUT_MS, () =>
        reject(new DrainError('REGISTRY_UNREACHABLE', 'Redis did not answer')),
      );
      const arrives = (answer: (reply: T) => void) => () => {
        if (server === this.redis.server && !this.redis.away) answer(act(model, this.redis.nowMs));
      };
      if (this.unreachable || world.chance(this.weather.lost)) return;
      world.in(
        this.delayMs(),
        arrives((reply) => {
          if (!world.chance(this.weather.lost)) this.later(() => resolve(reply));
        }),
      );
      if (world.chance(this.weather.doubled)) {
        world.in(
          world.between(0, this.weather.lateMs),
          arrives(() => undefined),
        );
      }
    });
  }

  private message(run: () => void): void {
    const { world } = this.process;
    if (this.unreachable || world.chance(this.weather.lost)) return;
    this.later(run);
    if (world.chance(this.weather.doubled)) this.later(run);
  }

  private later(run: () => void): void {
    this.process.world.in(this.delayMs(), () => this.process.deliver(run));
  }

  private delayMs(): number {
    const { world } = this.process;
    return world.chance(this.weather.slow) ? world.between(20, 1200) : world.skewed(0.2, 15);
  }

  private freshRun(): string {
    return `${this.process.name}#${++this.names}`;
  }
}
