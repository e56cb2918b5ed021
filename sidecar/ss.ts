/** Owns how the output of `ss -tniHO` is read: state, queues, local, peer, then details such as `lastsnd:12` (ss(8)). */
import type { Connection } from '../core/quiet';
import { canonicalAddress } from '../core/target';

/** Nothing of a request can be left on them. */
const CLOSED = new Set(['TIME-WAIT', 'FIN-WAIT-2', 'CLOSED', 'LISTEN']);

/** The open connections of the local addresses. */
export function parseSs(output: string, localAddresses: ReadonlySet<string>): Connection[] {
  return output.split('\n').flatMap((line) => {
    const [state, receiveQueue, sendQueue, local, peer] = line.trim().split(/\s+/);
    if (!state || !local || !peer || CLOSED.has(state)) return [];
    if (!localAddresses.has(addressOf(local))) return [];
    return {
      peer: addressOf(peer),
      peerPort: Number(peer.slice(peer.lastIndexOf(':') + 1)),
      state,
      sentAgoMs: detail(line, 'lastsnd'),
      receivedAgoMs: detail(line, 'lastrcv'),
      unanswered: detail(line, 'data_segs_in') > 0 && detail(line, 'data_segs_out') === 0,
      sendQueue: Number(sendQueue),
      receiveQueue: Number(receiveQueue),
    };
  });
}

/** 0 where the kernel says nothing: as a time it means active just now, as a count that there was none. */
function detail(line: string, name: string): number {
  return Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0);
}

function addressOf(endpoint: string): string {
  const host = endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return canonicalAddress(host);
}
