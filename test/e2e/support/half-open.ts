/**
 * Owns requests whose answer has begun: a server that begins each answer at once and ends none by itself, and clients that
 * send what they are told to, byte by byte or frame by frame. Invariant: all of it ends with `close`.
 */
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';

const BEGUN = 'begun';

export interface Answering {
  /** `ip:port`. */
  readonly target: string;
  close(): void;
}

/** `h2c` as gRPC servers speak it. */
export async function answerAtOnce(protocol: 'http/1.1' | 'h2c'): Promise<Answering> {
  const server = protocol === 'h2c' ? http2.createServer() : http.createServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  if (protocol === 'h2c') {
    (server as http2.Http2Server).on('stream', (stream) => {
      stream.on('error', () => undefined).resume();
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.write(BEGUN);
    });
  } else {
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      request.resume();
      response.writeHead(200, { 'x-accel-buffering': 'no' }).write(BEGUN);
    });
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export interface Asking {
  /** Resolves when the answer has begun; rejects with what came in place of it. */
  readonly begun: Promise<void>;
  close(): void;
}

/** Sends those bytes, as they are, and nothing more. */
export function askInBytes(url: string, head: readonly string[], body = ''): Asking {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  socket.write([...head, 'host: rt', '', body].join('\r\n'));
  return { begun: untilBegun(socket), close: () => socket.destroy() };
}

/** Sends the headers, and part of a body unless `whole`: then the client's side of the stream is closed with them. */
export function askInFrames(
  url: string,
  headers: http2.OutgoingHttpHeaders,
  body: { readonly part: string } | 'none' | { readonly whole: string },
): Asking {
  const session = http2.connect(url, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  const stream = session.request(headers, { endStream: body === 'none' });
  if (body !== 'none') {
    if ('part' in body) stream.write(body.part);
    else stream.end(body.whole);
  }
  return { begun: untilBegun(stream), close: () => session.destroy() };
}

function untilBegun(answer: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const over = () => reject(new Error(`no answer: ${text}`));
    answer.on('error', over).on('close', over);
    answer.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes(BEGUN)) resolve();
    });
  });
}
