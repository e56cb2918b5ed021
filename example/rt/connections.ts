// Owns the knowledge of which connections are at work. Invariant: a connection that carries a request or a
// WebSocket is never closed here, except by `destroyAll`.
// Node's own closeIdleConnections is not enough: it takes a connection whose answer is handed over but not
// yet flushed for idle, and one that has not sent its first byte for busy.
import { EventEmitter, once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Use {
  active: number;
  everUsed: boolean;
}

export class Connections {
  readonly #uses = new Map<Socket, Use>();
  /** Raw sockets under TLS as well, so that one in mid-handshake is known too. */
  readonly #raw = new Set<Socket>();
  readonly #responses = new Set<ServerResponse>();
  #closing = false;
  #lastAnswers = false;
  readonly #changes = new EventEmitter();

  /** Follows every connection of the server from its accept to its close. */
  watch(server: Server, encrypted: boolean): void {
    server.on('connection', (socket: Socket) => {
      this.#raw.add(socket);
      socket.once('close', () => {
        this.#raw.delete(socket);
        this.#changes.emit('change');
      });
    });
    server.on(encrypted ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#uses.set(socket, { active: 0, everUsed: false });
      socket.once('close', () => this.#uses.delete(socket));
    });
  }

  /** Counts a request from its header to the last byte of its answer, or to the loss of its client. */
  beginRequest(socket: Socket, response: ServerResponse): void {
    if (this.#closing || this.#lastAnswers) response.shouldKeepAlive = false;
    this.#responses.add(response);
    this.#begin(socket);
    response.once('close', () => {
      this.#responses.delete(response);
      this.#end(socket);
    });
  }

  /** Takes a connection that became a WebSocket for busy until it closes. */
  keepUpgraded(socket: Socket): void {
    this.#begin(socket);
    socket.once('close', () => this.#end(socket));
  }

  /** From now on every answer says `Connection: close`; nothing else changes, and new connections are welcome. */
  beginLastAnswers(): void {
    this.#lastAnswers = true;
  }

  /** From now on every answer says `Connection: close`; what is idle after use closes now, the rest after its answer. */
  beginClosing(): void {
    this.#closing = true;
    for (const response of this.#responses) {
      if (!response.headersSent) response.shouldKeepAlive = false;
    }
    for (const [socket, use] of this.#uses) closeIfIdle(socket, use);
  }

  /** Requests that have begun and not ended. */
  get requests(): number {
    return this.#responses.size;
  }

  get open(): number {
    return this.#raw.size;
  }

  /** The requests under way at this moment; a later one never joins the set. */
  currentRequests(): readonly ServerResponse[] {
    return [...this.#responses];
  }

  isUnderWay(response: ServerResponse): boolean {
    return this.#responses.has(response);
  }

  /** Resolves when next a request or a connection ends, or after `atMostMs`. */
  async changed(atMostMs?: number): Promise<void> {
    const signal = atMostMs === undefined ? undefined : AbortSignal.timeout(Math.ceil(atMostMs));
    await once(this.#changes, 'change', { signal }).catch(() => {});
  }

  destroyAll(): void {
    for (const socket of this.#raw) socket.destroy();
  }

  #begin(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (!use) return;
    use.active += 1;
    use.everUsed = true;
  }

  #end(socket: Socket): void {
    const use = this.#uses.get(socket);
    if (use) {
      use.active -= 1;
      if (this.#closing) closeIfIdle(socket, use);
    }
    this.#changes.emit('change');
  }
}

// A connection that was never used is about to bring its first request; that one is still answered.
function closeIfIdle(socket: Socket, use: Use): void {
  if (use.active === 0 && use.everUsed) socket.destroySoon();
}
