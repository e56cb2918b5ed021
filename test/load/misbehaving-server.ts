/** Owns a real server that answers as a test says, and counts what it did. */
import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** Listens on loopback; `close` cuts what is left. */
export async function listen(
  behaviour: RequestListener,
  tls?: { key: string; cert: string },
  port = 0,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = tls ? createTlsServer(tls, behaviour) : createServer(behaviour);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** As the example runtime: GET anything, POST /echo, POST /upload with the SHA-256. */
export const wellBehaved: Behaviour = (request, response) => {
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  request.on('end', () => {
    response.end(
      JSON.stringify({ id: request.headers['x-request-id'], sha256: hash.digest('hex') }),
    );
  });
};

export interface Misbehaviour {
  /** The kind under which a client must count it. */
  readonly kind: string;
  readonly act: Behaviour;
}

/** One behaviour for each way to fail. */
export const MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = {
  'a 502': { kind: '502', act: (_, response) => response.writeHead(502).end('bad gateway') },
  'a 503 that breaks off': {
    kind: '503',
    act: (_, response) => {
      response.writeHead(503, { 'content-length': 100 }).write('half');
      setImmediate(() => response.destroy());
    },
  },
  'a reset before the answer': {
    kind: 'reset-sent',
    act: (request) => request.socket.resetAndDestroy(),
  },
  'a close before the answer': { kind: 'reset-sent', act: (request) => request.socket.end() },
  'a reset in the answer': {
    kind: 'truncated',
    act: (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => {
        setTimeout(() => request.socket.resetAndDestroy(), 5);
      });
    },
  },
  'an answer shorter than announced': {
    kind: 'truncated',
    act: (request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => request.socket.end());
    },
  },
  'a chunked answer without an end': {
    kind: 'truncated',
    act: (request, response) => {
      response.writeHead(200).write('half', () => request.socket.end());
    },
  },
  'no answer': { kind: 'timeout', act: () => {} },
};

const answering = Object.entries(MISBEHAVIOURS).filter(([, { kind }]) => kind !== 'timeout');
const resetting = answering.filter(([, { kind }]) => kind === 'reset-sent');
const at = (event: 'data' | 'end', ways: typeof answering): typeof answering =>
  ways.map(([name, { kind, act }]) => [
    `${name}, at the body's ${event}`,
    {
      kind,
      act: (request, response) => request.once(event, () => act(request, response)).resume(),
    },
  ]);

/** The same for uploads. A cut that meets a client's write hides an answer before it: whoever answers reads the body to its end. */
export const UPLOAD_MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = {
  ...Object.fromEntries([...at('data', resetting), ...at('end', answering)]),
  'a 413 in mid-body': {
    kind: '413',
    act: (request, response) =>
      request
        .once('data', () => response.writeHead(413).write('too '))
        .once('end', () => response.end('large')),
  },
};
