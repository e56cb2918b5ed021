/**
 * Owns the kubelet's readiness probe of one pod. Invariant: after `stop` it says nothing more, and a pod that is only slow
 * to answer, or asked by a process that stood still, is unready no sooner than in a cluster.
 */
import { httpGet } from './http-get';
import { sleep } from './wait';

export interface ReadinessOptions {
  readonly url: string;
  /** Kubernetes' default is 10 s; short here, so that rollouts are. */
  readonly periodMs?: number;
  /**
   * A cluster's default is 1 s, but three of them come in 30 s there. Here the probes follow each other at once, so each
   * waits as long as a period is there.
   */
  readonly timeoutMs?: number;
  /** Failures in a row until the pod is unready (Kubernetes' default is 3). */
  readonly failureThreshold?: number;
}

export interface ReadinessProbe {
  stop(): void;
}

/** Probes at once and then every `periodMs` (200); tells each change, beginning with the first success. */
export function startReadinessProbe(
  options: ReadinessOptions,
  onChange: (isReady: boolean) => void,
): ReadinessProbe {
  const { url, periodMs = 200, timeoutMs = 10_000, failureThreshold = 3 } = options;
  const stopped = new AbortController();

  async function probe(): Promise<void> {
    let isReady = false;
    let failures = 0;
    while (!stopped.signal.aborted) {
      const passes = await passesOnce(url, timeoutMs, stopped.signal);
      if (stopped.signal.aborted) return;
      failures = passes ? 0 : failures + 1;
      const wasReady: boolean = isReady;
      isReady = passes || (wasReady && failures < failureThreshold);
      if (isReady !== wasReady) onChange(isReady);
      await sleep(periodMs, stopped.signal).catch(() => undefined);
    }
  }
  void probe();
  return { stop: () => stopped.abort() };
}

/** kubelet: any status from 200 to 399 passes (k8s.io/kubernetes pkg/probe/http). */
async function passesOnce(url: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    const headers = { 'user-agent': 'kube-probe/1.33' };
    const { status } = await httpGet(url, { headers, timeoutMs, signal });
    return status >= 200 && status < 400;
  } catch {
    return false;
  }
}
