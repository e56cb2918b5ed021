/**
 * Owns when a rollout has settled. Invariant: pure; nothing is settled while the command runs, a pod drains, or something
 * happened less than the quiet time ago.
 */
export interface Moment {
  readonly nowMs: number;
  /** When the command ended; undefined while it runs. */
  readonly commandEndedMs: number | undefined;
  /** When the command that waits for the rollout ended; `none`: there is none. */
  readonly waitEndedMs: number | undefined | 'none';
  /** Targets that drain. */
  readonly draining: number;
  /** When a pod last came, went or changed its state, and when a request last failed, as far as known. */
  readonly changedMs: number | undefined;
  readonly failedMs: number | undefined;
}

export function isSettled(moment: Moment, quietMs: number): boolean {
  const { nowMs, commandEndedMs, waitEndedMs, draining, changedMs = 0, failedMs = 0 } = moment;
  if (commandEndedMs === undefined || waitEndedMs === undefined || draining > 0) return false;
  const waitedMs = waitEndedMs === 'none' ? 0 : waitEndedMs;
  return nowMs - Math.max(commandEndedMs, waitedMs, changedMs, failedMs) >= quietMs;
}

/** Flags of `kubectl rollout restart` that `kubectl rollout status` does not know. */
const RESTART_ONLY =
  /^(--field-manager|--template|--allow-missing-template-keys|--show-managed-fields|--output|-o)(=|$)/;
const TAKES_VALUE = /^(--field-manager|--template|--output|-o)$/;

/**
 * The command that waits for the end of what `kubectl rollout restart …` begins, with the same resource, namespace and
 * context; undefined for any other command.
 */
export function waitCommandOf(command: readonly string[]): string[] | undefined {
  const [program = '', ...rest] = command;
  if (!/(^|\/)(kubectl|oc)$/.test(program)) return undefined;
  const at = rest.findIndex((word, index) => word === 'restart' && rest[index - 1] === 'rollout');
  if (at < 0) return undefined;
  const kept = rest.filter((word, index) => {
    const before = rest[index - 1];
    return !RESTART_ONLY.test(word) && !(before !== undefined && TAKES_VALUE.test(before));
  });
  return [program, ...kept.map((word) => (word === 'restart' ? 'status' : word))];
}
