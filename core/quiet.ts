/**
 * Owns the rule for connections that no live gateway accounts for: when they may be taken as finished.
 * Invariant: a connection on which the runtime owes an answer is waited for longer than one that idles, and an idle one
 * (kept alive, half closed, its peer vanished) never holds a drain for longer than its quiet time.
 */
import type { GatewayRecord } from './records';

/** One TCP connection of the runtime's port, as the kernel tells of it (ss -ti: lastsnd, lastrcv). */
export interface Connection {
  readonly peer: string;
  readonly peerPort: number;
  readonly state: string;
  /** ms since the runtime last sent data. */
  readonly sentAgoMs: number;
  /** ms since data last came in. */
  readonly receivedAgoMs: number;
  /**
   * Data came in and none ever went out: a first request. The times do not show that, they move in ticks of 1–10 ms
   * and begin with the connection.
   */
  readonly unanswered?: boolean;
  /** Bytes sent and not acknowledged yet, and received and not read yet. */
  readonly sendQueue: number;
  readonly receiveQueue: number;
}

/** `local`: the pod's own (probes, helper containers). `live`: of a gateway that accounts for it by its reports. */
export type Origin = 'local' | 'live' | 'lost' | 'stranger';

export interface QuietTimes {
  /** For a connection whose peer had its answer. */
  readonly idleMs: number;
  /** For one on which something came in after the last answer, or an answer is still on its way. */
  readonly owingMs: number;
}

/** Says where connections come from. A live gateway with unassigned requests is a stranger: its reports miss them. */
export function originOf(
  live: readonly GatewayRecord[],
  lost: readonly GatewayRecord[],
  localAddresses: ReadonlySet<string>,
): (peer: string) => Origin {
  const accounted = new Set(
    live.filter(({ unassigned }) => unassigned === 0).flatMap(({ addresses }) => addresses),
  );
  const gone = new Set(lost.flatMap(({ addresses }) => addresses));
  return (peer) => {
    if (localAddresses.has(peer)) return 'local';
    if (accounted.has(peer)) return 'live';
    return gone.has(peer) ? 'lost' : 'stranger';
  };
}

/** Whether the peer waits for something: it sent after the last answer, or bytes are still on their way. */
export function owes(connection: Connection): boolean {
  const { sentAgoMs, receivedAgoMs, unanswered, sendQueue, receiveQueue } = connection;
  return unanswered === true || receivedAgoMs < sentAgoMs || sendQueue > 0 || receiveQueue > 0;
}

/** For how many more ms the connection must stay as quiet as it is, 0 when it need not be waited for. */
export function quietInMs(connection: Connection, times: QuietTimes): number {
  const silentMs = Math.min(connection.sentAgoMs, connection.receivedAgoMs);
  return Math.max(0, (owes(connection) ? times.owingMs : times.idleMs) - silentMs);
}
