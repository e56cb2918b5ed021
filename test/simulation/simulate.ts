/**
 * Owns one run of the simulation: a pool that rolls under traffic while its network, registry and machines fail.
 * Invariant: faults end before traffic does, and traffic before the run, so that what must settle can.
 */
import { Agent } from '../../plugin/server/agent';
import { Sidecar } from '../../sidecar/sidecar';
import { Checkers, type Seen, type Violation } from './checkers';
import { SimGateway } from './gateway';
import type { KongOptions } from './kong';
import type { Weather } from './network';
import { SimPod } from './pod';
import type { MachineClock } from './process';
import { SimRedis } from './redis';
import type { Cluster, SimRequest } from './traffic';
import { World } from './world';

export interface Plan {
  readonly seed: number;
  readonly fences?: boolean;
  readonly kong?: Partial<KongOptions>;
  /** Faults to choose from; by default the seed draws some kinds, so that some runs see little else. */
  readonly faults?: readonly Fault[];
  /** How often a fault strikes, ms. */
  readonly faultEveryMs?: number;
  readonly weather?: Partial<Weather>;
}

export interface Result {
  readonly violations: readonly Violation[];
  readonly seen: Seen;
  readonly events: number;
  tail(lines: number): string;
}

const CALM: Weather = { lost: 0, doubled: 0, slow: 0, lateMs: 0 };
const FAULTS_END_MS = 30_000;
const TRAFFIC_ENDS_MS = 42_000;
const RUN_ENDS_MS = 56_000;

export const faults = [
  ...(['flush', 'failover', 'redis-away', 'gateway-cut', 'sidecar-cut', 'agent-restart'] as const),
  ...([
    'kong-restart',
    'agent-paused',
    'kong-paused',
    'sidecar-paused',
    'sidecar-restart',
  ] as const),
  ...(['pod-crash', 'operator', 'unhealthy'] as const),
];
export type Fault = (typeof faults)[number];

class Simulation {
  readonly world: World;
  readonly checkers: Checkers;
  private readonly redis: SimRedis;
  private readonly weather: Weather;
  private readonly gateways: SimGateway[];
  private readonly pods: SimPod[] = [];
  private readonly freeIps: string[] = [];
  private readonly requests: SimRequest[] = [];
  private readonly kinds: readonly Fault[];
  private readonly faultEveryMs: number;
  private podNumber = 0;
  private ipNumber = 0;

  constructor(plan: Plan) {
    const world = new World(plan.seed);
    this.world = world;
    this.redis = new SimRedis(world, this.rate(), plan.fences ?? true);
    this.weather = {
      lost: world.pick([0, 0.005, 0.05]) ?? 0,
      doubled: world.pick([0, 0.02, 0.1]) ?? 0,
      slow: world.pick([0, 0.01, 0.05]) ?? 0,
      lateMs: 4000,
      ...plan.weather,
    };
    const podAt = (target: string) => this.pods.findLast((pod) => pod.target === target);
    this.checkers = new Checkers(
      world,
      () => this.redis,
      podAt,
      () => this.pods,
    );
    const cluster: Cluster = {
      at: podAt,
      endpoints: () => this.pods.filter(({ alive }) => alive),
    };
    const gatewayParts = {
      ...{
        world,
        redis: this.redis,
        weather: this.weather,
        cluster,
        checkers: this.checkers,
        Agent,
      },
      kong: {
        workers: Math.round(world.between(1, 4)),
        preempted: world.pick([0, 0.002, 0.02]) ?? 0,
        preemptedMs: world.pick([5, 100, 900]) ?? 5,
        recheck: true,
        keepsServing: true,
        ...plan.kong,
      },
    };
    this.gateways = Array.from(
      { length: Math.round(world.between(1, 4)) },
      (_, i) => new SimGateway(`gw-${i}`, `10.2.0.${i}`, this.machine(), gatewayParts),
    );
    const share = world.pick([0.15, 0.4, 1]) ?? 1;
    this.kinds = plan.faults ?? faults.filter(() => world.chance(share));
    this.faultEveryMs = plan.faultEveryMs ?? world.pick([700, 1500, 4000]) ?? 1500;
    for (let i = 0; i < 3; i++) this.addPod();
  }

  async run(): Promise<Result> {
    const { world, checkers } = this;
    this.traffic(world.between(15, 50));
    this.roll();
    this.strike();
    world.in(FAULTS_END_MS, () => Object.assign(this.weather, CALM));
    await world.run(RUN_ENDS_MS);
    checkers.seen.requests = this.requests.length;
    checkers.atEnd(this.requests);
    const { violations, seen } = checkers;
    return { violations, seen, events: world.events, tail: (lines) => world.tail(lines) };
  }

  private traffic(everyMs: number): void {
    const { world } = this;
    if (world.nowMs > TRAFFIC_ENDS_MS) return;
    const gateway = world.pick(this.gateways);
    if (gateway?.kong.process.alive) {
      const request: SimRequest = {
        ...{ id: this.requests.length, kong: gateway.kong, startMs: world.nowMs },
        durationMs: world.chance(0.08) ? world.between(500, 5000) : world.skewed(2, 200),
        ...{ target: undefined, connectedMs: 0, over: false },
      };
      this.requests.push(request);
      gateway.kong.request(request);
    }
    world.in(world.between(0, 2 * everyMs), () => this.traffic(everyMs));
  }

  /** A new pod first, then an old one is deleted, again and again. */
  private roll(): void {
    const { world } = this;
    world.in(world.between(200, 2000), () => {
      if (world.nowMs > FAULTS_END_MS) return;
      if (this.standing().length < 7) this.addPod();
      world.in(world.between(100, 1500), () => {
        const [oldest] = this.standing();
        if (oldest && this.standing().length > 1) oldest.delete(() => this.freeIps.push(oldest.ip));
        this.roll();
      });
    });
  }

  private strike(): void {
    const { world, faultEveryMs: everyMs } = this;
    world.in(world.between(0.2 * everyMs, 1.8 * everyMs), () => {
      if (world.nowMs > FAULTS_END_MS) return;
      const fault = world.pick(this.kinds);
      if (fault) this.begin(fault);
      this.strike();
    });
  }

  private begin(fault: Fault): void {
    const { world, redis } = this;
    const gateway = world.pick(this.gateways);
    const pod = world.pick(this.pods.filter(({ alive }) => alive));
    const forMs = world.skewed(50, 6000);
    const acts: Record<Fault, () => void> = {
      flush: () => redis.flush(),
      failover: () => redis.failover(world.skewed(1, 3000)),
      'redis-away': () => redis.leave(forMs),
      'gateway-cut': () => gateway?.registry?.cut(forMs),
      'sidecar-cut': () => pod?.registry.cut(forMs),
      'agent-restart': () => gateway?.restartAgent(),
      'kong-restart': () => gateway?.restartKong(forMs),
      'agent-paused': () => gateway?.agentProcess.pause(forMs),
      'kong-paused': () => gateway?.kong.process.pause(forMs),
      'sidecar-paused': () => pod?.sidecarProcess.pause(forMs),
      'sidecar-restart': () => pod?.restartSidecar(),
      'pod-crash': () => this.crash(pod),
      operator: () => pod?.order(world.chance(0.6) ? 'drain' : 'undrain'),
      unhealthy: () => {
        pod?.healthy(false);
        world.in(forMs, () => pod?.healthy(true));
      },
    };
    acts[fault]();
  }

  private crash(pod: SimPod | undefined): void {
    if (!pod || pod.deleted || this.standing().length < 2) return;
    pod.crash();
    this.freeIps.push(pod.ip);
  }

  private addPod(): void {
    const { world, redis, weather, checkers } = this;
    const reused = world.chance(0.6) ? this.freeIps.shift() : undefined;
    const ip = reused ?? `10.1.0.${++this.ipNumber}`;
    const name = `rt-${++this.podNumber}`;
    world.log(`${name} starts at ${ip}`);
    this.pods.push(
      new SimPod(name, ip, this.machine(), { world, redis, weather, checkers, Sidecar }),
    );
  }

  private standing(): SimPod[] {
    return this.pods.filter(({ deleted }) => !deleted);
  }

  private machine(): MachineClock {
    return { rate: this.rate(), offsetMs: this.world.between(0, 1e9) };
  }

  /** Clocks run at rates that differ by a percent. */
  private rate(): number {
    return this.world.between(0.995, 1.005);
  }
}

/** Runs one seed. */
export function simulate(plan: Plan): Promise<Result> {
  return new Simulation(plan).run();
}
