/** Owns what is told of an order that Redis did not carry out. Invariant: "nothing was ordered" only where that is certain. */
import type { DrainError } from '../../../core/errors';
import type { Problem } from '../page/wire';
import { failureOf } from '../sight/failure';

export interface Refusal {
  readonly status: number;
  readonly problem: Problem;
}

/** Of one whose pool could not even be looked at. */
export function unseen(error: DrainError): Refusal {
  const failure = failureOf(error);
  if ('why' in failure) return refusedBy(failure.why);
  return away(`${error.message}. Nothing was ordered; try again when the registry answers`);
}

/** Of one that was on its way. */
export function brokenOff(error: DrainError): Refusal {
  const failure = failureOf(error);
  switch (failure.kind) {
    case 'no-right':
      return {
        status: 403,
        problem: {
          code: 'USER_MAY_NOT_ORDER',
          message: `the console's user of Redis may look, but not order (${failure.why}): start the console with the user operator`,
        },
      };
    case 'refused':
      return refusedBy(failure.why);
    case 'unsent':
      return unseen(error);
    case 'unanswered':
      return away(
        `${error.message}. It may have been ordered or not: see what state the target is in when the registry answers`,
      );
  }
}

function refusedBy(why: string): Refusal {
  return { status: 502, problem: { code: 'REDIS_REFUSED', message: `Redis refused: ${why}` } };
}

function away(message: string): Refusal {
  return { status: 503, problem: { code: 'REGISTRY_UNREACHABLE', message } };
}
