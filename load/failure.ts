/**
 * Owns the names of what can go wrong with a request, as the client sees it.
 * Invariant: each failed request has exactly one kind; the answer's status, where there is one, wins.
 *
 * Kinds: an HTTP status ("502"); "refused"; "reset-unsent" (closed while the connection was being made, TLS included);
 * "reset-sent" (closed after the request went out, before the answer began); "truncated" (closed in the answer);
 * "timeout"; "unreachable"; "dns"; "tls"; "malformed" (no HTTP); "wrong-answer" (200, but for another request);
 * "duplicate" and "unseen" (answered 200, but the runtimes saw it twice or never); else the code that Node.js gives.
 */
export type FailureKind = string;

/** Kind of a response that did not arrive whole or is not a 2xx; undefined if it is a success. */
export function kindOfResponse(status: number, complete: boolean): FailureKind | undefined {
  if (status < 200 || status > 299) return String(status);
  return complete ? undefined : 'truncated';
}

/** Kind of a connection that ended without an answer. `sent`: the request had gone out on it. */
export function kindOfReset(sent: boolean): FailureKind {
  return sent ? 'reset-sent' : 'reset-unsent';
}

const BY_CODE: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
};
/** A write on a connection that the peer closed is the same event, seen a moment earlier. */
const RESETS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/;

/** Kind of an error on the way to a response. */
export function kindOfError(error: NodeJS.ErrnoException, sent: boolean): FailureKind {
  const { code = error.name } = error;
  if (RESETS.has(code)) return kindOfReset(sent);
  if (TLS.test(code)) return 'tls';
  if (code.startsWith('HPE_')) return 'malformed';
  return BY_CODE[code] ?? code;
}
