/**
 * Owns one simulated pod: its runtime's sockets and its sidecar, whose process can restart.
 * Invariant: it is killed when its sidecar has answered the hook, as the kubelet does, and what it then still has is cut.
 */
import type { Connection } from '../../core/quiet';
import type { DrainSummary } from '../../sidecar/timeline';
import type { Sidecar } from '../../sidecar/sidecar';
import type { Checkers } from './checkers';
import { TIMES } from './gateway';
import { SimConnection, type Weather } from './network';
import { SimProcess, type MachineClock } from './process';
import type { SimRedis } from './redis';
import type { Backend, SimConnectionState, SimRequest } from './traffic';
import type { World } from './world';

export interface PodParts {
  readonly world: World;
  readonly redis: SimRedis;
  readonly weather: Weather;
  readonly checkers: Checkers;
  readonly Sidecar: typeof Sidecar;
}

export const DRAIN = {
  deadlineMs: 10_000,
  settleMs: 5000,
  quiet: { idleMs: 1000, owingMs: 15_000 },
};

const START_MS = 300;
const KEPT_ALIVE_MS = 1500;
const CHUNK_MS = 200;

export class SimPod implements Backend {
  alive = true;
  deleted = false;
  sidecarProcess!: SimProcess;
  private sidecar!: Sidecar;
  private connection!: SimConnection;
  private sidecars = 0;
  private ports = 10_000;
  private readonly sockets: SimConnectionState[] = [];

  constructor(
    readonly name: string,
    readonly ip: string,
    private readonly machine: MachineClock,
    private readonly parts: PodParts,
  ) {
    this.startSidecar();
  }

  get target(): string {
    return `${this.ip}:8080`;
  }

  get registry(): SimConnection {
    return this.connection;
  }

  get requests(): SimRequest[] {
    return this.sockets.flatMap(({ request }) => (request ? [request] : []));
  }

  accept(request: SimRequest): boolean {
    if (!this.alive) return false;
    const { nowMs } = this.parts.world;
    request.connectedMs = nowMs;
    const peer = request.kong.address;
    const socket = this.sockets.find((kept) => kept.peer === peer && !kept.request);
    if (socket) socket.request = request;
    else this.sockets.push({ peer, port: this.ports++, request, lastByteMs: nowMs });
    return true;
  }

  finished(request: SimRequest): void {
    const { world } = this.parts;
    const socket = this.sockets.find((open) => open.request === request);
    if (!socket) return;
    socket.request = undefined;
    socket.lastByteMs = world.nowMs;
    world.in(world.between(0, KEPT_ALIVE_MS), () => {
      const at = this.sockets.indexOf(socket);
      if (at >= 0 && !socket.request) this.sockets.splice(at, 1);
    });
  }

  /** Connections whose other end has died. */
  dropOf(peer: string): void {
    for (const socket of [...this.sockets]) {
      if (socket.peer === peer) this.sockets.splice(this.sockets.indexOf(socket), 1);
    }
  }

  /** The runtime's health check changes its mind. */
  healthy(isHealthy: boolean): void {
    const { sidecar } = this;
    this.sidecarProcess.deliver(() => sidecar.healthy(isHealthy));
  }

  /** An operator asks the sidecar. */
  order(act: 'drain' | 'undrain'): void {
    this.parts.world.log(`${this.name} operator: ${act}`);
    const { sidecar } = this;
    this.sidecarProcess.deliver(() => void sidecar.order(act).catch(() => undefined));
  }

  restartSidecar(): void {
    if (this.deleted) return;
    this.parts.world.log(`${this.name} sidecar restarts`);
    this.sidecarProcess.kill();
    void this.connection.close();
    this.startSidecar();
  }

  /** The node dies: no hook, no word. */
  crash(): void {
    this.parts.world.log(`${this.name} crashes`);
    this.deleted = true;
    this.end();
  }

  /** The pod is deleted: the hook is called, and its answer ends the pod. */
  delete(onGone: () => void): void {
    const { world, checkers } = this.parts;
    const { sidecar, sidecarProcess } = this;
    this.deleted = true;
    world.log(`${this.name} deleted: drain of ${this.target}`);
    sidecarProcess.deliver(() => {
      const startMs = sidecarProcess.clock.nowMs();
      const pausedMs = sidecarProcess.pausedMs;
      sidecar.drain('hook').then(
        (summary: DrainSummary) => {
          const tookMs = sidecarProcess.clock.nowMs() - startMs;
          this.released(summary, tookMs - (sidecarProcess.pausedMs - pausedMs));
          world.in(world.between(0, 300), () => {
            this.end();
            onGone();
          });
        },
        (error: unknown) => checkers.threw(`${this.name} drain`, error),
      );
    });
  }

  private released(summary: DrainSummary, tookMs: number): void {
    const { world, checkers } = this.parts;
    const how = `${summary.outcome}${summary.blind ? ' blind' : ''} after ${tookMs.toFixed(0)} ms`;
    world.log(`${this.name} ${how}`);
    checkers.released(this, summary, tookMs);
  }

  private end(): void {
    this.alive = false;
    this.sidecarProcess.kill();
    void this.connection.close();
    this.sockets.length = 0;
  }

  private startSidecar(): void {
    const { world, redis, weather, checkers } = this.parts;
    const name = `${this.name}-sidecar${++this.sidecars}`;
    const process = new SimProcess(name, world, this.machine);
    const connection = new SimConnection(process, redis, weather, (said) => {
      if (said.state === 'gone' && said.why === 'released') checkers.releasing(this);
    });
    const log = (message: string): void => world.log(`${name}: ${message}`);
    this.sidecarProcess = process;
    this.connection = connection;
    this.sidecar = new this.parts.Sidecar(
      {
        registry: connection,
        sockets: {
          peers: async () => (await this.readSockets()).map(({ peer }) => peer),
          listeners: () => Promise.resolve([]),
          connections: () => this.readSockets(),
        },
        clock: process.clock,
        log: { info: () => undefined, warn: log, error: log },
        onDrainEvent: (event) => log(`${event.event} ${JSON.stringify(event)}`),
      },
      {
        ...{ pool: 'rt', target: this.target, pod: this.name, ...TIMES, ...DRAIN },
        localAddresses: new Set(['127.0.0.1', this.ip]),
      },
    );
    const { sidecar } = this;
    process.deliver(() => sidecar.start());
    world.in(START_MS, () => process.deliver(() => sidecar.healthy(true)));
  }

  private readSockets(): Promise<Connection[]> {
    const { clock } = this.sidecarProcess;
    const tookMs = this.parts.world.skewed(1, 40);
    return new Promise((resolve) => clock.after(tookMs, () => resolve(this.listSockets())));
  }

  private listSockets(): Connection[] {
    const { nowMs } = this.parts.world;
    return this.sockets.map(({ peer, port, request, lastByteMs }) => {
      const idleMs = Math.round(nowMs - lastByteMs);
      const sentAgoMs = request ? Math.round(nowMs - request.startMs) + CHUNK_MS : idleMs;
      const receivedAgoMs = request ? Math.round(nowMs - request.startMs) % CHUNK_MS : idleMs;
      return {
        ...{ peer, peerPort: port, state: 'ESTAB', sentAgoMs, receivedAgoMs },
        ...{ sendQueue: 0, receiveQueue: 0 },
      };
    });
  }
}
