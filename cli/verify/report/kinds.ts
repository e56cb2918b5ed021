/** Owns what the kinds of failures mean to people. Invariant: every kind has words, also one that is not known here. */
import type { FailureKind } from '../../../load/failure';

const MEANINGS: Readonly<Record<FailureKind, string>> = {
  refused: 'nothing listened: the connection was refused',
  'reset-unsent':
    'closed while the connection was being made; nothing was sent, so a client may safely try again',
  'reset-sent':
    'closed after the request was sent, before any answer: a client cannot know whether it was run',
  truncated: 'the answer broke off in the middle',
  timeout: 'no whole answer in time',
  unreachable: 'no route to the address',
  dns: 'the name could not be resolved',
  tls: 'the TLS handshake failed, or the certificate is not trusted',
  malformed: 'what came back is no HTTP',
  '400': 'refused as a bad request (of an upload in progress: often a proxy that lost it)',
  '404': 'no such path: a gateway without its route, or the wrong path was asked for',
  '413': 'the upload is larger than a proxy on the way allows',
  '429': 'refused by a rate limit: let the load through',
  '499': 'a proxy says that the client had gone',
  '500': 'an error in the service itself',
  '502': 'the gateway reached no pod, or the pod closed the connection on it',
  '503': 'the gateway had no pod to send to',
  '504': 'the pod did not answer the gateway in time',
  corrupt: 'the service received other bytes than were sent',
};

export function meaningOf(kind: FailureKind): string {
  const known = MEANINGS[kind];
  if (known !== undefined) return known;
  return /^\d+$/.test(kind) ? 'answered with this status' : 'an error of the connection';
}
