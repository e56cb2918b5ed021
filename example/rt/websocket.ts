// Owns the WebSocket echo at /ws. Invariant: each WebSocket's connection is held busy until it closes.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Connections } from './connections';

// RFC 6455 section 7.4.1: the endpoint is going away.
const GOING_AWAY = 1001;

export interface EchoSockets {
  readonly count: () => number;
  /** Sends 1001 to every client and refuses new ones with 503. */
  readonly closeAll: () => void;
}

/** Serves WebSockets at /ws on this server; other upgrades get 404. */
export function serveWebSockets(server: Server, connections: Connections): EchoSockets {
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on('connection', (client) => {
    // ws closes the connection itself after any error.
    client.on('error', () => {});
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    connections.keepUpgraded(socket);
    if (request.url?.split('?', 1)[0] !== '/ws') {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) =>
      sockets.emit('connection', client, request),
    );
  });
  return {
    count: () => sockets.clients.size,
    closeAll: () => {
      sockets.close();
      for (const client of sockets.clients) client.close(GOING_AWAY, 'shutting down');
    },
  };
}
