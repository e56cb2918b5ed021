/**
 * Owns the probe of the runtime's own health endpoint. Invariant: one probe at a time; the first success counts at once
 * (a new pod is not kept waiting for a period), a failure only after `failures` in a row. A success after a refused
 * connection is another process: one that shuts down may close its port, but never opens it again.
 */
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../core/clock';

export interface ProbeOptions {
  readonly url: string;
  readonly periodMs: number;
  readonly failures: number;
}

const STARTING_PERIOD_MS = 100;
const TIMEOUT_MS = 1000;

export interface Probe {
  stop(): void;
  /** From now on probes often, so that a quick restart of the runtime is not missed. */
  hurry(): void;
}

/** Probes until stopped; tells each change of health, and when the runtime is another process than the one seen last. */
export function startProbe(
  options: ProbeOptions,
  clock: Clock,
  onHealth: (healthy: boolean) => void,
  onRestart: () => void = () => undefined,
): Probe {
  let healthy = false;
  let failed = 0;
  let everPassed = false;
  let wasRefused = false;
  let { periodMs } = options;
  let stopped = false;
  let cancel: () => void = () => undefined;

  const round = async (): Promise<void> => {
    const result = await probe(options.url);
    if (stopped) return;
    const passed = result === 'passed';
    failed = passed ? 0 : failed + 1;
    wasRefused ||= result === 'refused';
    if (passed) {
      if (everPassed && wasRefused) onRestart();
      everPassed = true;
      wasRefused = false;
    }
    const next = passed || (healthy && failed < options.failures);
    if (next !== healthy) {
      healthy = next;
      onHealth(healthy);
    }
    schedule();
  };
  const schedule = (): void => {
    cancel = clock.after(healthy ? periodMs : STARTING_PERIOD_MS, () => void round());
  };
  void round();
  return {
    stop: () => {
      stopped = true;
      cancel();
    },
    hurry: () => {
      periodMs = Math.min(periodMs, STARTING_PERIOD_MS);
    },
  };
}

/** Passes on 200–399, as the kubelet's httpGet probe does; a certificate is not checked, as there. */
function probe(url: string): Promise<'passed' | 'failed' | 'refused'> {
  return new Promise((resolve) => {
    const secure = url.startsWith('https:');
    const request = (secure ? https : http).get(
      url,
      { agent: false, timeout: TIMEOUT_MS, ...(secure ? { rejectUnauthorized: false } : {}) },
      (response) => {
        const status = response.statusCode ?? 0;
        response.resume();
        resolve(status >= 200 && status < 400 ? 'passed' : 'failed');
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNREFUSED' ? 'refused' : 'failed'),
    );
  });
}
