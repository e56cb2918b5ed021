/** Owns a pod's deletion as the tests judge it. Invariant: the hook's answer came by its deadline, or the test fails. */
import type { Deletion, DeletionOptions } from '../../../harness/kubelet';
import type { Pod } from '../../../harness/pod';
import type { Fleet } from '../../../harness/running-fleet';
import type { DrainSummary } from '../../../sidecar/timeline';
import type { StopWindow } from './under-load';

/** Short, so that what waits for a deadline does not take a suite's time. */
export const GRACE_SECONDS = 8;
export const DEADLINE_MS = 6000;
export const LEASE_MS = 2000;

const lease = { DRAIN_RENEW_MS: '500', DRAIN_LEASE_MS: `${LEASE_MS}` };

/** Options of fleets whose drains must answer within DEADLINE_MS. */
export const shortDeadline = {
  mode: 'drain',
  graceSeconds: GRACE_SECONDS,
  sidecarEnv: { DRAIN_RESERVE_SECONDS: '2', DRAIN_SETTLE_MS: '2000', ...lease },
  gatewayEnv: lease,
} as const;

/** For the answer's own way, on a busy machine. */
const SLACK_MS = 1500;

export interface Drained {
  readonly deletion: Deletion;
  readonly summary: DrainSummary;
  /** When the hook was answered, performance.now(). */
  readonly answeredMs: number;
  readonly stop: StopWindow;
}

/** Deletes the pod; its hook must be answered, and by the deadline. */
export async function drained(
  fleet: Fleet,
  pod: Pod,
  overrides: Partial<DeletionOptions> = {},
): Promise<Drained> {
  const [startMs, startedMs] = [performance.now(), Date.now()];
  const deletion = await fleet.deletePod(pod, overrides);
  const untilMs = Date.now() + SLACK_MS;
  const { hook } = deletion;
  expect(hook).toMatchObject({ ok: true, status: 200 });
  expect(hook!.ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
  return {
    deletion,
    summary: hook!.body as DrainSummary,
    answeredMs: startMs + hook!.ms,
    stop: { fromMs: startedMs + hook!.ms, untilMs },
  };
}

/** Between the gateway's word that a request has ended and its client's own notice of that. */
const NOTICE_MS = 100;

/** The hook was not answered before that request had ended; both performance.now(). */
export function expectAnsweredAfter(answeredMs: number, endedMs: number): void {
  expect(answeredMs).toBeGreaterThan(endedMs - NOTICE_MS);
}
