// Owns the graceful shutdown. Invariant: no request that arrived before the listener closed is cut by it.
// The bound on a request that never ends is not ours: it is the kubelet's SIGKILL at the end of the grace period.
import { Server as NetServer } from 'node:net';
import type { Logger } from 'pino';
import type { Connections } from './connections';
import type { LiveAnswers } from './live';
import type { EchoSockets } from './websocket';

export interface ShutdownParts {
  readonly server: NetServer;
  readonly connections: Connections;
  readonly sockets: EchoSockets;
  readonly live: LiveAnswers;
  readonly log: Logger;
}

/** How long a peer may owe us its first request, or its part of a WebSocket's close. */
const PEER_MS = 2000;

/**
 * Answers on, saying `Connection: close`, until the requests under way at the call are done; later ones do not prolong
 * this, and what has no end of its own is ended now, with the word to come back. Then stops listening, and resolves when the last connection is closed.
 */
export async function shutDown(parts: ShutdownParts): Promise<void> {
  const { server, connections, sockets, live, log } = parts;
  const startMs = performance.now();
  const underWay = { requests: connections.requests, websockets: sockets.count() };
  log.info({ ...underWay, connections: connections.open }, 'shutdown: finishing what is under way');
  sockets.closeAll();
  connections.beginClosing();
  live.release();
  const old = connections.currentRequests();
  while (old.some((response) => connections.isUnderWay(response))) await connections.changed();

  log.info({ requests: connections.requests }, 'shutdown: no longer listening');
  // Not http's own close: it destroys connections whose answer is not flushed yet (seen on Node 20.20:
  // 4 MB of a 50 MB answer arrived).
  NetServer.prototype.close.call(server);
  const deadlineMs = performance.now() + PEER_MS;
  while (connections.open > 0) {
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0 && connections.requests === 0) {
      log.warn({ connections: connections.open }, 'shutdown: cutting connections without request');
      connections.destroyAll();
      break;
    }
    await connections.changed(leftMs > 0 ? leftMs : undefined);
  }
  log.info({ totalMs: Math.round(performance.now() - startMs) }, 'shutdown: done');
}
