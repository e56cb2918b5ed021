/**
 * Owns the names of what can go wrong with a request, as the client sees it.
 * Invariant: each failed request has exactly one kind; the answer's status, where there is one, wins.
 *
 * Kinds: an HTTP status ("502"); "ECONNREFUSED"; "ECONNRESET" (closed before the answer began); "truncated"
 * (closed in the answer); "timeout"; "wrong-answer" (200, but for another request); "duplicate" and "unseen"
 * (answered 200, but the runtimes saw it twice or never); else the code that Node.js gives.
 */
export type FailureKind = string;

/** Kind of a response that did not arrive whole or is not a 2xx; undefined if it is a success. */
export function kindOfResponse(status: number, complete: boolean): FailureKind | undefined {
  if (status < 200 || status > 299) return String(status);
  return complete ? undefined : 'truncated';
}

/** Kind of an error on the way to a response. */
export function kindOfError(error: NodeJS.ErrnoException): FailureKind {
  switch (error.code) {
    // A write on a connection that the peer closed: the same event, seen a moment earlier.
    case 'EPIPE':
    case 'ECONNABORTED':
      return 'ECONNRESET';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return error.code ?? error.name;
  }
}
