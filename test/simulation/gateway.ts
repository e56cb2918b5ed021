/**
 * Owns one simulated gateway: a machine with Kong and its plugin server, each a process that can die by itself.
 * Invariant: the plugin server comes back, as Kong starts it again; what Kong counts and routes by survives that.
 */
import { DrainError } from '../../core/errors';
import type { Agent } from '../../plugin/server/agent';
import type { KongSync } from '../../plugin/server/sync-client';
import type { Checkers } from './checkers';
import { SimKong, type KongOptions } from './kong';
import { SimConnection, type Weather } from './network';
import { SimProcess, type MachineClock } from './process';
import type { SimRedis } from './redis';
import type { Cluster } from './traffic';
import type { World } from './world';

export interface GatewayParts {
  readonly world: World;
  readonly redis: SimRedis;
  readonly weather: Weather;
  readonly cluster: Cluster;
  readonly checkers: Checkers;
  readonly kong: KongOptions;
  readonly Agent: typeof Agent;
}

export const TIMES = { renewMs: 1000, leaseMs: 3000, pollMs: 25 };

const SYNC_TIMEOUT_MS = 1000;
const RESPAWN_MS = 1000;

export class SimGateway {
  kong!: SimKong;
  agentProcess!: SimProcess;
  private agent: Agent | undefined;
  private connection: SimConnection | undefined;
  private lives = 0;

  constructor(
    readonly name: string,
    readonly address: string,
    private readonly machine: MachineClock,
    private readonly parts: GatewayParts,
  ) {
    this.startKong();
  }

  get registry(): SimConnection | undefined {
    return this.connection;
  }

  /** The plugin server dies and is started again. */
  restartAgent(): void {
    if (!this.kong.process.alive) return;
    this.parts.world.log(`${this.name} plugin server dies`);
    this.endAgent();
    const { kong } = this;
    this.parts.world.in(RESPAWN_MS, () => {
      if (this.kong === kong) this.startAgent();
    });
  }

  /** Kong dies with all that it had in memory and in flight, and is started again. */
  restartKong(awayMs: number): void {
    if (!this.kong.process.alive) return;
    this.parts.world.log(`${this.name} dies`);
    this.endAgent();
    this.kong.process.kill();
    this.parts.checkers.died(this.kong);
    this.parts.world.in(awayMs, () => this.startKong());
  }

  private startKong(): void {
    const { world, cluster, checkers, kong } = this.parts;
    const process = new SimProcess(`${this.name}-kong`, world, this.machine);
    this.kong = new SimKong(this.name, this.address, process, cluster, checkers, kong);
    checkers.started(this.kong);
    this.startAgent();
  }

  private endAgent(): void {
    this.agent?.stop();
    this.agentProcess.kill();
    void this.connection?.close();
  }

  private startAgent(): void {
    const { world, redis, weather } = this.parts;
    const name = `${this.name}-agent${++this.lives}`;
    const process = new SimProcess(name, world, this.machine);
    const connection = new SimConnection(process, redis, weather);
    const log = (message: string): void => world.log(`${name}: ${message}`);
    this.agentProcess = process;
    this.kong.rememberedSinceMs = world.nowMs;
    this.connection = connection;
    this.agent = new this.parts.Agent(
      connection,
      this.loopback(process),
      process.clock,
      { gateway: this.name, addresses: [this.address], ...TIMES },
      { info: log, warn: log },
      { synced: () => undefined, syncFailed: () => undefined, poolLeft: () => undefined },
    );
    const { agent } = this;
    process.deliver(() => agent.start());
  }

  /** The sync route: quick, but a worker may be preempted with it, and the call then given up. */
  private loopback(process: SimProcess): KongSync {
    const { kong } = this;
    const { world, weather } = this.parts;
    return {
      hangUp: () => undefined,
      sync: (pools, full) =>
        new Promise((resolve, reject) => {
          const fail = (): void => reject(new DrainError('SYNC_FAILED', 'no answer from Kong'));
          process.clock.after(SYNC_TIMEOUT_MS, fail);
          if (world.chance(weather.lost / 10)) return;
          world.in(world.skewed(0.2, 8), () =>
            kong.sync(pools, full, (answer) =>
              world.in(world.skewed(0.2, 8), () => process.deliver(() => resolve(answer))),
            ),
          );
        }),
    };
  }
}
