/** Owns the preStop hook as the kubelet runs it. Invariant: only a transport error is a failure; no timeout of its own. */
import { messageOf } from '../core/errors';
import { httpGet } from './http-get';
import type { Pod } from './pod';
import { sleep } from './wait';

/** `drain`: GET /drain at the pod's sidecar. `none`: the pod has no hook. */
export type Hook = 'drain' | 'none' | { readonly sleepSeconds: number };

export interface HookResult {
  /** False when the transport failed (FailedPreStopHook) or the grace period ended first. */
  readonly ok: boolean;
  /** HTTP status; the kubelet ignores it. */
  readonly status: number | undefined;
  /** The answer, parsed if it is JSON; else its text; the error's message if there was none. */
  readonly body: unknown;
  readonly ms: number;
}

type HookedPod = Pick<Pod, 'sidecarUrl' | 'hookToken'>;

/** Runs the hook; null if there is none. Never rejects; the signal (end of the grace period) ends it. */
export async function runHook(
  pod: HookedPod,
  hook: Hook,
  signal: AbortSignal,
): Promise<HookResult | null> {
  if (hook === 'none') return null;
  const startMs = performance.now();
  const result = (ok: boolean, status?: number, body?: unknown): HookResult => ({
    ok,
    status,
    body,
    ms: performance.now() - startMs,
  });
  try {
    if (hook !== 'drain') {
      await sleep(hook.sleepSeconds * 1000, signal);
      return result(true);
    }
    const headers: Record<string, string> = { 'user-agent': 'kube-lifecycle/1.33' };
    if (pod.hookToken) headers['x-drain-token'] = pod.hookToken;
    const { status, body } = await httpGet(`${pod.sidecarUrl}/drain`, { headers, signal });
    return result(true, status, parseBody(body));
  } catch (error) {
    return result(false, undefined, messageOf(error));
  }
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
