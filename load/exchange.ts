/**
 * Owns one request and its answer. Invariant: resolves exactly once, never rejects, within the bound, and
 * leaves no socket or timer behind.
 */
import http from 'node:http';
import https from 'node:https';
import { afterLiving } from './live-clock';
import { kindOfError, kindOfReset, kindOfResponse, type FailureKind } from './failure';

export interface ExchangeSpec {
  readonly url: URL;
  readonly options: http.RequestOptions;
  /** Bound on the whole exchange, in time that this process lived. */
  readonly timeoutMs: number;
  /** Gives the exchange up: it resolves as `abandoned`. */
  readonly abandon: AbortSignal;
  /** The answer's body is given back. */
  readonly keepsBody?: boolean;
  /** Writes the body and ends the request; must return soon once `isOver`. Without it the request is ended at once. */
  readonly send?: (request: http.ClientRequest, isOver: () => boolean) => Promise<void> | void;
}

export type Outcome =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly kind: FailureKind; readonly reusedConnection: boolean };

/** The kind of an exchange that was given up: no failure of anybody's. */
export const ABANDONED: FailureKind = 'abandoned';

const NOTHING = Buffer.alloc(0);

/** Sends one request. A 2xx that arrived whole is ok. */
export function exchange(spec: ExchangeSpec): Promise<Outcome> {
  const { url, options, timeoutMs, abandon, keepsBody = false, send } = spec;
  return new Promise((resolve) => {
    const { request: open } = url.protocol === 'https:' ? https : http;
    const request = open(url, options);
    let over = false;
    const settle = (kind: FailureKind | undefined, body: Buffer) => {
      if (over) return;
      over = true;
      callOff();
      abandon.removeEventListener('abort', giveUp);
      // A body that is still being sent has lost its meaning; the connection cannot be used again.
      if (kind !== undefined || !request.writableEnded) request.destroy();
      resolve(
        kind === undefined
          ? { ok: true, body }
          : { ok: false, kind, reusedConnection: request.reusedSocket },
      );
    };
    const fail = (kind: FailureKind) => settle(kind, NOTHING);
    const giveUp = () => fail(ABANDONED);

    // When the generator itself was held up, that is no delay of the server's. Timers come before sockets in Node's
    // loop, so an answer that lies in a socket already gets its turn before the verdict.
    const callOff = afterLiving(timeoutMs, () =>
      setImmediate(() => setImmediate(() => fail('timeout'))),
    );
    abandon.addEventListener('abort', giveUp);
    if (abandon.aborted) giveUp();

    const isSent = watchSending(request, url);
    let answer: http.IncomingMessage | undefined;
    const answerEnded = (chunks: readonly Buffer[]) =>
      settle(kindOfResponse(answer?.statusCode ?? 0, !!answer?.complete), Buffer.concat(chunks));
    // A reset in the middle of an answer is reported on the request as well; the answer decides then.
    request.on('error', (error) => (answer ? answerEnded([]) : fail(kindOfError(error, isSent()))));
    request.on('close', () => !answer && fail(kindOfReset(isSent())));
    request.on('response', (response) => {
      answer = response;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => keepsBody && chunks.push(chunk));
      response.on('error', () => {}); // 'close' follows
      response.on('end', () => answerEnded(chunks));
      response.on('close', () => answerEnded(chunks));
    });

    if (send) {
      const sending = Promise.resolve(send(request, () => over || request.destroyed));
      sending.catch((error: unknown) => request.destroy(error as Error));
    } else {
      request.end();
    }
  });
}

/** Whether the request got a connection that was made, handshake included: its head goes out in that moment. */
function watchSending(request: http.ClientRequest, { protocol }: URL): () => boolean {
  let sent = false;
  request.on('socket', (socket) => {
    if (request.reusedSocket) sent = true;
    else socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => (sent = true));
  });
  return () => sent;
}
