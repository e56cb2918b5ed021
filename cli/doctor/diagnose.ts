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
  /** Nothing that they judge was named. */
  readonly notMade: readonly string[];
}

export function diagnose(evidence: Evidence, checks: readonly Check[] = CHECKS): Diagnosis {
  const made = checks.filter(({ needs }) => evidence[needs].length > 0);
  const results = made.map((check) => ({ check, found: check.find(evidence) }));
  return {
    problems: results.flatMap(({ check: { id, severity }, found }) =>
      found.map((problem) => ({ check: id, severity, ...problem })),
    ),
    passed: results.filter(({ found }) => found.length === 0).map(({ check }) => check.id),
    notMade: checks.filter((check) => !made.includes(check)).map(({ id }) => id),
  };
}
