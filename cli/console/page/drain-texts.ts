/** Owns how a drain that has ended is written. Invariant: pure. */
import { counted, span } from './format.js';
import type { WireDrain } from './wire';

/** In a word or two. */
export function outcomeText({ outcome, blind, closed = [] }: WireDrain): string {
  const clients = closed.reduce((sum, one) => sum + one.clients, 0);
  const said = clients === 0 ? outcome : `${outcome}, ${clients} closed`;
  return blind ? `${said}, without Redis` : said;
}

/** Long connections that a drain closed, a line for each kind and path. */
export function closedTexts({ closed = [] }: WireDrain): string[] {
  return closed.map(
    ({ kind, path, clients, ageMs }) =>
      `${kind} ${path || '(other paths)'}: ${counted(clients, 'client')}, the oldest ${span(ageMs)}`,
  );
}

/** What a drain cut, a line for each gateway and connection. */
export function cutTexts({
  outcome,
  pod,
  target,
  cutRequests,
  cutConnections,
}: WireDrain): string[] {
  if (outcome !== 'cut') return [];
  const name = pod ?? target;
  return [
    ...cutRequests.map(({ gateway, why, inFlight }) =>
      why === 'in-flight'
        ? `${name}: ${counted(Number(inFlight), 'request')} of ${String(gateway)}`
        : `${name}: ${String(gateway)} had not acknowledged`,
    ),
    ...cutConnections.map(
      ({ origin, peer, peerPort }) =>
        `${name}: a connection from ${String(peer)}:${String(peerPort)} (${String(origin)})`,
    ),
  ];
}
