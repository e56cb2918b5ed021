/**
 * Owns what the leading replica runs: the watch over the pods, the deletion costs, the search for pods without sidecar.
 * Invariant: whoever stops leading has stopped all of it.
 */
import type { Clock } from '../../core/clock';
import { callMessage } from '../call-error';
import type { PoolKeeper } from '../../registry/pool-keeper';
import type { InjectionSettings } from '../inject/settings';
import type { Kube } from '../kube';
import type { InjectorMetrics } from '../metrics';
import { Controller } from './controller';
import { CostKeeper, type CostKeeperOptions } from './cost-keeper';
import { writeEvent, type PodEvent } from './pod-events';
import { PodWatch } from './pod-watch';
import { findSlipped, slippedEvent } from './slipped';

export interface LeadLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface LeadDeps {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly keeper: (pool: string) => PoolKeeper;
  readonly settings: () => InjectionSettings | undefined;
  readonly metrics: InjectorMetrics;
  readonly log: LeadLog;
}

export interface LeadOptions {
  readonly cost: CostKeeperOptions;
  readonly scanMs: number;
}

/** The injection's settings wait for the server's version. */
const SETTINGS_RETRY_MS = 500;

/** Begins to lead. Returns the end of it. */
export function lead(deps: LeadDeps, options: LeadOptions): () => void {
  const { kube, clock, metrics, log, keeper } = deps;
  const failed = (what: string) => (message: string) => {
    metrics.errors.inc({ what });
    log.warn({ what, error: message }, 'controller');
  };
  const tell = (event: PodEvent): void => {
    metrics.events.inc({ reason: event.reason });
    log.info(
      { pod: `${event.object.namespace}/${event.object.name}` },
      `${event.reason}: ${event.message}`,
    );
    void writeEvent(kube.core, event, failed('event'));
  };

  const controller: Controller = new Controller({
    keeper,
    clock,
    tell,
    inFlight: (pod) => costs.inFlight(pod),
    onDone: (task, pod, answer) => {
      metrics.duties.inc({ task, answer });
      if (answer === 'unknown') return;
      log.info({ pool: pod.pool, target: pod.target, pod: pod.podId, answer }, `registry: ${task}`);
    },
    onFailed: (task, pod, message) => failed(task)(`${pod.podId}: ${message}`),
  });
  const costs = new CostKeeper(
    {
      core: kube.core,
      clock,
      keeper,
      pods: () => controller.pods,
      onWritten: () => metrics.costWrites.inc(),
      onError: failed('cost'),
    },
    options.cost,
  );
  const watch = new PodWatch({
    core: kube.core,
    watch: kube.watch,
    clock,
    onPod: (pod) => controller.onPod(pod),
    onGone: (pod) => controller.onGone(pod),
    onListed: () => log.info({ pods: controller.pods.length }, 'pods listed'),
    onError: failed('watch'),
  });

  let stopped = false;
  let cancelScan: () => void = () => undefined;
  const scan = async (settings: InjectionSettings): Promise<void> => {
    const slipped = await findSlipped(kube.core, settings);
    if (stopped) return;
    metrics.uninjected.reset();
    for (const each of slipped) {
      metrics.uninjected.inc({ namespace: each.namespace });
      tellOnce(each.pod.metadata?.uid ?? '', slippedEvent(each));
    }
  };
  let told = new Set<string>();
  let seen = new Set<string>();
  const tellOnce = (uid: string, event: PodEvent): void => {
    seen.add(uid);
    if (!told.has(uid)) tell(event);
  };
  const scanAgain = (): void => {
    const settings = deps.settings();
    if (!settings) {
      cancelScan = clock.after(SETTINGS_RETRY_MS, scanAgain);
      return;
    }
    seen = new Set();
    scan(settings)
      .then(() => (told = seen))
      .catch((error: unknown) => failed('scan')(callMessage(error)))
      .finally(() => {
        if (!stopped) cancelScan = clock.after(options.scanMs, scanAgain);
      });
  };

  void watch.run();
  costs.start();
  scanAgain();
  return () => {
    stopped = true;
    cancelScan();
    watch.stop();
    costs.stop();
    controller.stop();
    metrics.uninjected.reset();
  };
}
