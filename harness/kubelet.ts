/**
 * Owns how a pod is ended, as the kubelet does it: hook, SIGTERM, SIGKILL.
 * Invariant: when `deletePod` resolves, no process of the pod lives, and no later than grace period + 2 s (kubelet's
 * own minimum after a hook that used it all up).
 */
import type { Pod } from './pod';
import { runHook, type Hook, type HookResult } from './pre-stop-hook';
import type { Exit, HarnessProcess } from './process';

export interface DeletionOptions {
  /** terminationGracePeriodSeconds; the hook's time counts against it. */
  readonly graceSeconds: number;
  readonly hook: Hook;
  /** `native`: SIGTERM after the runtime is gone (init container with restartPolicy Always). `plain`: at once. */
  readonly sidecarKind?: 'native' | 'plain';
}

export interface Deletion {
  readonly pod: string;
  readonly target: string;
  readonly hook: HookResult | null;
  readonly runtimeExit: Exit;
  /** Whether any container needed SIGKILL. */
  readonly killed: boolean;
  readonly totalMs: number;
}

export type DeletablePod = Pick<
  Pod,
  'name' | 'target' | 'sidecarUrl' | 'hookToken' | 'runtime' | 'sidecar'
>;

/** kubernetes pkg/kubelet/kuberuntime: minimumGracePeriodInSeconds, left to a container after its hook. */
const MINIMUM_GRACE_MS = 2000;

/** Ends a pod. Never rejects for what the pod does. */
export async function deletePod(pod: DeletablePod, options: DeletionOptions): Promise<Deletion> {
  const { graceSeconds, hook, sidecarKind = 'native' } = options;
  const startMs = performance.now();
  const graceMs = graceSeconds * 1000;
  const leftMs = (): number => Math.max(MINIMUM_GRACE_MS, graceMs - (performance.now() - startMs));

  const plainSidecar =
    pod.sidecar && sidecarKind === 'plain' ? stopContainer(pod.sidecar, graceMs) : undefined;
  const hookResult = await runBounded(pod, hook, graceMs);
  // The minimum is for a container that a hook kept waiting; without one the grace period is taken as it is.
  const runtimeStop = await stopContainer(pod.runtime, hookResult ? leftMs() : graceMs);
  const sidecarStop = plainSidecar ?? (pod.sidecar && stopContainer(pod.sidecar, leftMs()));
  const killed = runtimeStop.killed || ((await sidecarStop)?.killed ?? false);

  return {
    pod: pod.name,
    target: pod.target,
    hook: hookResult,
    runtimeExit: runtimeStop.exit,
    killed,
    totalMs: performance.now() - startMs,
  };
}

async function runBounded(
  pod: DeletablePod,
  hook: Hook,
  graceMs: number,
): Promise<HookResult | null> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(new Error('the grace period ended')), graceMs);
  try {
    return await runHook(pod, hook, end.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function stopContainer(
  container: HarnessProcess,
  graceMs: number,
): Promise<{ exit: Exit; killed: boolean }> {
  let killed = false;
  container.signal('SIGTERM');
  const timer = setTimeout(() => {
    killed = container.signal('SIGKILL');
  }, graceMs);
  const exit = await container.exited;
  clearTimeout(timer);
  await container.stop();
  return { exit, killed };
}
