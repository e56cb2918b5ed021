/**
 * Owns the Service `rt` of the emulated cluster: readiness probes, endpoints and the ClusterIP.
 * Invariant: a pod is probed until its deletion begins, and only then leaves, after the lag.
 */
import { POD_PORT } from './addresses';
import { Endpoints } from './endpoints';
import type { Pod } from './pod';
import { startReadinessProbe, type ReadinessProbe } from './readiness';
import { startServiceVip, type ServiceVip } from './service-vip';
import { waitFor } from './wait';

export interface ClusterServiceOptions {
  readonly host: string;
  readonly seed: number;
  readonly refusedRetries: number;
  readonly endpointLagMs?: number | undefined;
  readonly readinessPeriodMs?: number | undefined;
}

export interface ClusterService {
  /** `ip:port` of the ClusterIP. */
  readonly address: string;
  readonly endpoints: Endpoints;
  readonly vip: ServiceVip;
  add(pod: Pod): void;
  /** Rejects with `TIMEOUT` after 15 s. */
  untilReady(pod: Pod): Promise<void>;
  /** The pod's deletion has begun. */
  remove(pod: Pod): void;
  close(): Promise<void>;
}

export async function startClusterService(options: ClusterServiceOptions): Promise<ClusterService> {
  const { host, seed, refusedRetries, endpointLagMs, readinessPeriodMs = 200 } = options;
  const endpoints = new Endpoints(endpointLagMs);
  const vip = await startServiceVip({ host, port: POD_PORT, endpoints, seed, refusedRetries });
  const probes = new Map<Pod, ReadinessProbe>();

  const stopProbe = (pod: Pod): void => {
    probes.get(pod)?.stop();
    probes.delete(pod);
  };
  return {
    address: `${host}:${POD_PORT}`,
    endpoints,
    vip,
    add: (pod) => {
      const probe = startReadinessProbe(
        { url: pod.healthUrl, periodMs: readinessPeriodMs },
        (isReady) => endpoints.setReady(endpointOf(pod), isReady),
      );
      probes.set(pod, probe);
    },
    untilReady: async (pod) => {
      const isReady = (): boolean => endpoints.ready().some(({ host }) => host === pod.address);
      await waitFor(`${pod.name} to be an endpoint`, isReady, { timeoutMs: 15_000 });
    },
    remove: (pod) => {
      stopProbe(pod);
      endpoints.leave(endpointOf(pod));
    },
    close: async () => {
      for (const pod of [...probes.keys()]) stopProbe(pod);
      endpoints.close();
      await vip.close();
    },
  };
}

const endpointOf = (pod: Pod) => ({ host: pod.address, port: POD_PORT });
