/**
 * Owns the probe of the runtime's own health endpoint. Invariant: one probe at a time; the first success counts at once
 * (a new pod is not kept waiting for a period), a failure only after `failures` in a row.
 */
import type { Clock } from '../core/clock';
import { callRuntime, RUNTIME_MS } from './runtime-call';

export interface ProbeOptions {
  readonly url: string;
  readonly periodMs: number;
  readonly failures: number;
}

const STARTING_PERIOD_MS = 100;

export interface Probe {
  stop(): void;
}

/** Probes until stopped; tells each success, then each change of health. */
export function startProbe(
  options: ProbeOptions,
  clock: Clock,
  onHealth: (healthy: boolean) => void,
  onPassed: () => void = () => undefined,
): Probe {
  let healthy = false;
  let failed = 0;
  let stopped = false;
  let cancel: () => void = () => undefined;

  const round = async (): Promise<void> => {
    const passed = await passes(options.url);
    if (stopped) return;
    failed = passed ? 0 : failed + 1;
    if (passed) onPassed();
    const next = passed || (healthy && failed < options.failures);
    if (next !== healthy) {
      healthy = next;
      onHealth(healthy);
    }
    schedule();
  };
  const schedule = (): void => {
    cancel = clock.after(healthy ? options.periodMs : STARTING_PERIOD_MS, () => void round());
  };
  void round();
  return {
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

/** Passes on 200–399, as the kubelet's httpGet probe does. */
function passes(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = callRuntime(url, { timeout: RUNTIME_MS });
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      resolve(status >= 200 && status < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.end();
  });
}
