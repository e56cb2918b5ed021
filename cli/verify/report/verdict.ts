/**
 * Owns whether a rollout passed. Invariant: it passes only if the load was there from before it to after it, and every
 * threshold was kept; each reason against it is a sentence.
 */
import { EXIT, type ExitCode } from '../../exit-codes';
import { span } from '../../output/span';
import type { Limit } from '../options';
import { shellLine } from '../rollout/shell-words';
import { lostOf, type Facts } from './report';

export interface Thresholds {
  readonly maxFailed: Limit;
  /** In ms. */
  readonly maxDowntime?: number | undefined;
  readonly maxP99?: number | undefined;
}

export interface Verdict {
  readonly passed: boolean;
  readonly exitCode: ExitCode;
  readonly reasons: readonly string[];
  /** What one should know to trust the figures. */
  readonly notes: readonly string[];
}

/** Above this the machine that makes the load colours the latencies. */
const SCHEDULING_ERROR_MS = 5;

export function judge(facts: Facts, thresholds: Thresholds): Verdict {
  const exceeded = exceededBy(facts, thresholds);
  const unproven = unprovenBy(facts);
  const reasons = [...exceeded, ...unproven];
  const passed = reasons.length === 0 && !facts.interrupted;
  const interruptedOnly = facts.interrupted && exceeded.length === 0;
  return {
    passed,
    exitCode: passed ? EXIT.clean : interruptedOnly ? EXIT.interrupted : EXIT.found,
    reasons: facts.interrupted
      ? [...reasons, 'It was interrupted, so it proves nothing.']
      : reasons,
    notes: notesOn(facts),
  };
}

function exceededBy(facts: Facts, { maxFailed, maxDowntime, maxP99 }: Thresholds): string[] {
  const lost = lostOf(facts);
  const all = facts.gets + facts.uploads;
  const bound = 'count' in maxFailed ? maxFailed.count : Math.floor(maxFailed.share * all);
  const asGiven = 'count' in maxFailed ? maxFailed.count : `${maxFailed.share * 100} % of ${all}`;
  return [
    ...(lost > bound ? [`${lost} requests failed; --max-failed allows ${asGiven}.`] : []),
    ...(maxDowntime !== undefined && facts.downtimeMs > maxDowntime
      ? [`${span(facts.downtimeMs)} of downtime; --max-downtime allows ${span(maxDowntime)}.`]
      : []),
    ...(maxP99 !== undefined && facts.latencyMs.p99 > maxP99
      ? [`99 % of GETs took up to ${span(facts.latencyMs.p99)}; --max-p99 allows ${span(maxP99)}.`]
      : []),
  ];
}

function unprovenBy({
  command,
  waitCommand,
  settledMs,
  interrupted,
  gets,
  uploads,
}: Facts): string[] {
  if (interrupted) return [];
  const problem = command?.problem ?? waitCommand?.problem;
  const failed = command?.problem === undefined ? waitCommand : command;
  if (problem !== undefined) {
    return [`The command failed (${problem}): ${shellLine(failed?.words ?? [])}`];
  }
  if (gets + uploads === 0) return ['No request ended, so nothing is proven.'];
  if (command && settledMs === undefined) {
    return ['The rollout did not settle within --settle-timeout.'];
  }
  return [];
}

function notesOn(facts: Facts): string[] {
  const { schedulingErrorMs: late, skipped, unchecked, uploads, command, windows } = facts;
  const early = command && windows.some(({ fromMs }) => fromMs < command.fromMs);
  return [
    ...(early ? ['Requests failed before the command began: not all of it is the rollout.'] : []),
    ...(late.p99 > SCHEDULING_ERROR_MS
      ? [
          `This machine was late with its own requests (p99 ${span(late.p99)}), which the latencies include: ` +
            'run it where a processor is free.',
        ]
      : []),
    ...(skipped > 0 ? [`${skipped} requests were never sent: this machine stood still.`] : []),
    ...(unchecked > 0
      ? [
          `${unchecked} of ${uploads} uploads could not be checked for corruption: the answers tell no hash ` +
            '(JSON with "sha256").',
        ]
      : []),
  ];
}
