/**
 * Owns the link: the connection to Kong that lives on when Kong quits and its listeners are closed.
 * Invariant: calls on it follow one another; one that fails closes it.
 */
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import { TOKEN_HEADER } from './drain-registry';

const OPEN_MS = 1000;
/** Longer than a busy machine stands still: a link of a Kong that quits cannot be opened again. */
const SILENCE_MS = 3000;

export class Link {
  private socket: Socket | undefined;
  private answered: (line: string) => void = () => undefined;
  private closed: (error: Error) => void = () => undefined;

  constructor(private readonly url: URL) {}

  get isOpen(): boolean {
    return this.socket !== undefined;
  }

  /** Opens it by a call of the sync route with that token. Resolves when it is open, or when Kong keeps no links. */
  open(token: string): Promise<void> {
    const secure = this.url.protocol === 'https:';
    return new Promise((resolve) => {
      const request = (secure ? https : http).get(this.url, {
        agent: false,
        timeout: OPEN_MS,
        headers: { [TOKEN_HEADER]: token, connection: 'Upgrade', upgrade: 'drain-sync' },
        ...(secure ? { rejectUnauthorized: false } : {}),
      });
      request.on('upgrade', (_, socket: Socket) => {
        this.use(socket);
        resolve();
      });
      request.on('response', (response) => {
        response.resume();
        resolve();
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve());
    });
  }

  /** Sends a line and resolves with the one that answers it. Rejects when the link is closed meanwhile, or silent. */
  call(line: string): Promise<string> {
    const { socket } = this;
    if (!socket) return Promise.reject(new Error('the link is not open'));
    return new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('the link is silent')), SILENCE_MS);
      this.answered = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      this.closed = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      socket.write(`${line}\n`);
    });
  }

  close(): void {
    this.socket?.destroy();
  }

  private use(socket: Socket): void {
    this.socket = socket;
    socket.setTimeout(0);
    let failure = new Error('Kong closed the link');
    socket.on('error', (error) => (failure = error));
    socket.on('close', () => {
      this.socket = undefined;
      this.closed(failure);
    });
    const lines = createInterface(socket);
    lines.on('line', (line) => this.answered(line));
    lines.on('error', () => undefined); // the socket's own, told again
  }
}
