/** Owns the judgement of the evidence. Invariant: pure; each check is told as passed, failed, or not made. */
import type { Check, Problem, Severity } from './check';
import { CHECKS } from './checks/catalogue';
import type { Evidence } from './evidence';

export interface Found extends Problem {
  readonly check: string;
  readonly severity: Severity;
}

export interface Diagnosis {
  readonly problems: readonly Found[];
  readonly passed: readonly string[];
  /** Nothing that they judge was named, or nothing of it answered. */
  readonly notMade: readonly string[];
}

export function diagnose(evidence: Evidence, checks: readonly Check[] = CHECKS): Diagnosis {
  const results = checks.map((check) => {
    const found = check.find(evidence);
    const isMade =
      evidence[check.needs].some((one) => !('failure' in one)) &&
      (check.applies?.(evidence) ?? true);
    return { check, found, isMade: isMade || found.length > 0 };
  });
  return {
    problems: results.flatMap(({ check: { id, severity }, found }) =>
      found.map((problem) => ({ check: id, severity, ...problem })),
    ),
    passed: results
      .filter(({ found, isMade }) => isMade && found.length === 0)
      .map(({ check }) => check.id),
    notMade: results.filter(({ isMade }) => !isMade).map(({ check }) => check.id),
  };
}
