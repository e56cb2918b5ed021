/**
 * Owns what became of a request that Redis did not carry out. Invariant: it claims of a write that nothing was written only
 * where that is certain.
 */
import { ReplyError } from 'ioredis';
import type { DrainError } from '../../../core/errors';

export type Failure =
  /** Redis answered that this user may not. */
  | { readonly kind: 'no-right'; readonly why: string }
  /** Redis answered with another error. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It never left: there is no connection. */
  | { readonly kind: 'unsent' }
  /** It was sent, and whether it arrived is not known. */
  | { readonly kind: 'unanswered' };

/** Of an error that the registry rejects with. */
export function failureOf({ cause }: DrainError): Failure {
  if (isReply(cause)) {
    const why = cause.message.replace(/ script: .*/s, '');
    const isForLackOfRights = /^NOPERM|user executing the script can't/.test(why);
    return { kind: isForLackOfRights ? 'no-right' : 'refused', why };
  }
  const wasQueued = cause instanceof Error && cause.message.includes('enableOfflineQueue');
  return { kind: wasQueued ? 'unsent' : 'unanswered' };
}

function isReply(cause: unknown): cause is Error {
  return cause instanceof ReplyError;
}
