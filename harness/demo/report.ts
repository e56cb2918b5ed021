/**
 * Owns the figures of the demo, as its JSON states them. Invariant: nothing is measured here; every figure is the
 * load's, the kubelet's or the sidecar's own.
 */
import type { LoadCounts } from '../../load/result';

/** One drain, as the hook answered it. Times in ms. */
export interface DrainFigures {
  readonly target: string;
  /** From the hook's call to its answer. */
  readonly totalMs: number;
  /** From the last in-flight request's end at the gateway to the hook's answer. */
  readonly afterLastByteMs: number;
  /** From the hook's call to the last gateway's ack. */
  readonly ackMs: number;
  readonly gateways: number;
  readonly outcome: 'released' | 'cut';
}

/** One run: the plain one or ours. */
export interface RunReport extends Pick<
  LoadCounts,
  'requests' | 'failed' | 'uploads' | 'cut' | 'corrupt' | 'errors'
> {
  readonly rollouts: number;
  readonly drains: readonly DrainFigures[];
}

export interface DemoReport {
  /** `kong 3.9.3` or `stand-in`. */
  readonly gateway: string;
  readonly plain: RunReport;
  readonly drain: RunReport;
  readonly seed: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The run's figures from the load's counts. */
export function runReport(
  load: LoadCounts,
  rollouts: number,
  drains: readonly DrainFigures[],
): RunReport {
  const { requests, failed, uploads, cut, corrupt, errors } = load;
  return { requests, failed, uploads, cut, corrupt, errors, rollouts, drains };
}
