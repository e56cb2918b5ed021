/**
 * Owns a whole fleet: registry, Service, pods, gateways, each a real process on loopback.
 * Invariant: what the fleet started is gone when `stop()` resolves, also if starting failed half-way.
 */
import { EventEmitter } from 'node:events';
import path from 'node:path';
import type { AddressBook } from './addresses';
import type { ClusterService } from './cluster-service';
import { makeDeclarative, type DeclarativeOptions } from './declarative';
import { graceSecondsOf, runtimeEnv, sidecarEnv, type FullFleetOptions } from './fleet-options';
import { startGateway, type Gateway } from './gateway/gateway';
import { deletePod, type Deletion, type DeletionOptions } from './kubelet';
import { startPod, type Pod } from './pod';
import type { HarnessRedis } from './redis';
import { roll, type Rollout } from './rollout';
import type { RoutingWatch } from './routing-watch';
import { removeRunDir } from './run-dir';

export type PodState = 'starting' | 'ready' | 'terminating' | 'gone';

export interface FleetEvents {
  pod: [change: { readonly pod: Pod; readonly state: PodState }];
  /** A pod is gone; its hook's answer is `hook.body`, parsed. */
  drain: [deletion: Deletion];
  gateway: [change: { readonly gateway: Gateway; readonly state: 'ready' | 'gone' }];
}

/** What a fleet stands on; made by fleet.ts. */
export interface FleetGround {
  readonly options: FullFleetOptions;
  readonly dir: string;
  readonly addresses: AddressBook;
  readonly service: ClusterService;
  /** Drain mode only. */
  readonly redis: HarnessRedis | undefined;
  readonly routing: RoutingWatch | undefined;
}

export class Fleet extends EventEmitter<FleetEvents> {
  /** Those that live. */
  readonly gateways: Gateway[] = [];
  readonly options: FullFleetOptions;
  readonly dir: string;
  readonly service: ClusterService;
  readonly redis: HarnessRedis | undefined;
  readonly #ground: FleetGround;
  readonly #pods: Pod[] = [];
  readonly #ready = new WeakSet<Pod>();
  /** Of every pod whose deletion has begun. */
  readonly #deletions = new Map<Pod, Promise<Deletion>>();

  constructor(ground: FleetGround) {
    super();
    this.#ground = ground;
    this.options = ground.options;
    this.dir = ground.dir;
    this.service = ground.service;
    this.redis = ground.redis;
  }

  /** The pods that are not being deleted, oldest first. */
  pods(): readonly Pod[] {
    return [...this.#pods];
  }

  /** Every pod there ever was, for its journal and logs. */
  allPods(): readonly Pod[] {
    return [...this.#deletions.keys(), ...this.#pods];
  }

  /**
   * Starts a pod; resolves when it is an endpoint and, with a sidecar, announced. Rejects with `TIMEOUT`. A number of a
   * pod that is gone gives the new pod the address of the old one.
   */
  async addPod(number = this.#ground.addresses.nextPodNumber()): Promise<Pod> {
    const { options, dir, service, redis } = this.#ground;
    const pod = startPod({
      number,
      dir: path.join(dir, `rt-${number}`),
      runtimeEnv: runtimeEnv(options),
      ...(redis ? { sidecar: { env: sidecarEnv(options, redis.url, number) } } : {}),
    });
    this.#pods.push(pod);
    this.emit('pod', { pod, state: 'starting' });
    service.add(pod);
    await Promise.all([pod.ready(), service.untilReady(pod)]);
    this.#ready.add(pod);
    this.emit('pod', { pod, state: 'ready' });
    return pod;
  }

  /** Deletes a pod as the kubelet does, its endpoint following after the lag. Of one pod there is one deletion. */
  deletePod(pod: Pod, overrides: Partial<DeletionOptions> = {}): Promise<Deletion> {
    const begun = this.#deletions.get(pod);
    if (begun) return begun;
    this.#pods.splice(this.#pods.indexOf(pod), 1);
    const deletion = this.#endPod(pod, overrides);
    this.#deletions.set(pod, deletion);
    return deletion;
  }

  async #endPod(pod: Pod, overrides: Partial<DeletionOptions>): Promise<Deletion> {
    const { hook, sidecarKind } = this.options;
    const graceSeconds = graceSecondsOf(this.options, pod.number);
    this.emit('pod', { pod, state: 'terminating' });
    this.service.remove(pod);
    const deletion = await deletePod(pod, { graceSeconds, hook, sidecarKind, ...overrides });
    this.emit('pod', { pod, state: 'gone' });
    this.emit('drain', deletion);
    return deletion;
  }

  /** Replaces every pod; see rollout.ts. */
  roll(): Promise<Rollout> {
    return roll(this);
  }

  /** Starts one more gateway; resolves when it proxies and, in drain mode, routes by the registry. */
  async addGateway(): Promise<Gateway> {
    const { options, dir, addresses, redis, routing } = this.#ground;
    const number = addresses.nextGatewayNumber();
    const gateway = await startGateway({
      number,
      dir: path.join(dir, `gw-${number}`),
      declarative: this.declarative(),
      pluginServer: redis ? options.pluginServer : 'none',
      ...(redis ? { redisUrl: redis.url } : {}),
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      ...(options.gatewayEnv ? { env: options.gatewayEnv } : {}),
    });
    this.gateways.push(gateway);
    await routing?.until([gateway.name], () =>
      this.#pods.filter((pod) => this.#ready.has(pod)).map(({ target }) => target),
    );
    this.emit('gateway', { gateway, state: 'ready' });
    return gateway;
  }

  /** Ends a gateway, by default gracefully. */
  async removeGateway(gateway: Gateway, how: 'quit' | 'stop' | 'kill' = 'quit'): Promise<void> {
    const index = this.gateways.indexOf(gateway);
    if (index >= 0) this.gateways.splice(index, 1);
    await gateway[how]();
    this.emit('gateway', { gateway, state: 'gone' });
  }

  /** The gateways' declarative configuration, YAML; with changes for a reload. */
  declarative(changes: Partial<DeclarativeOptions> = {}): string {
    const { https, unbuffered, preserveHost, retries, drain, mode } = this.options;
    return makeDeclarative({
      service: this.service.address,
      plain: mode === 'plain',
      ...(https === undefined ? {} : { https }),
      ...(unbuffered ? { requestBuffering: false } : {}),
      ...(preserveHost === undefined ? {} : { preserveHost }),
      ...(retries === undefined ? {} : { retries }),
      ...(drain === undefined ? {} : { drain }),
      ...changes,
    });
  }

  /** Ends everything at once. Removes the run's directory if the fleet made it, unless `keepDir`. */
  async stop({ keepDir = false }: { readonly keepDir?: boolean } = {}): Promise<void> {
    const { options, addresses, routing } = this.#ground;
    await Promise.all([...this.gateways].map((gateway) => gateway.stop()));
    await Promise.all(
      this.allPods()
        .flatMap(({ runtime, sidecar }) => (sidecar ? [runtime, sidecar] : [runtime]))
        .map((container) => container.stop({ signal: 'SIGKILL' })),
    );
    await Promise.all(this.#deletions.values());
    await this.service.close();
    await routing?.close();
    await this.redis?.stop();
    addresses.release();
    if (!keepDir && options.dir === undefined) removeRunDir(this.dir);
  }
}
