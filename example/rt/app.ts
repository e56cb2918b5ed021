// Owns the routes. Invariant: every request is counted by `connections` and answered, refused or cut once.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { z } from 'zod';
import { HttpError, answerJson, queryNumber, readBody } from './answer';
import type { Config } from './config';
import type { Connections } from './connections';
import type { Journal } from './journal';
import type { LiveAnswers } from './live';
import { streamFor, waitFor } from './timed';
import { TUS_PATH, type ResumableUploads } from './tus';
import { receiveUpload } from './upload';

export interface AppParts {
  readonly config: Config;
  readonly connections: Connections;
  readonly journal: Journal;
  readonly live: LiveAnswers;
  readonly log: Logger;
  readonly resumable: ResumableUploads | undefined;
  readonly isShuttingDown: () => boolean;
  readonly countWebSockets: () => number;
}

/** An upload under way. Bytes are those of its connection since its header was read, so nearly those of its body. */
interface UploadUnderWay {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly bytesBefore: number;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

type Handler = (exchange: Exchange) => void | Promise<void>;

const MAX_MS = 3_600_000;
const faultBody = z.strictObject({ health: z.boolean() });

/** Makes the request listener. Its state is the settable health and the uploads under way. */
export function createApp(parts: AppParts): RequestListener {
  const { config, connections, journal, live, log } = parts;
  const { pod } = config;
  let healthy = true;
  const uploads = new Set<UploadUnderWay>();

  const asUpload =
    (handler: Handler): Handler =>
    async (exchange) => {
      const { request } = exchange;
      const upload = { id: randomUUID(), request, bytesBefore: request.socket.bytesRead };
      uploads.add(upload);
      try {
        await handler(exchange);
      } finally {
        uploads.delete(upload);
      }
    };

  const upload = asUpload(async ({ request, response }) => {
    const options = { dir: config.dataDir, keep: config.keepUploads, log };
    answerJson(response, 200, { ...(await receiveUpload(request, options)), pod });
  });

  const tus: Handler = async ({ request, response }) => {
    if (!parts.resumable) throw new HttpError(404, 'start the runtime with RT_TUS_DIR');
    await parts.resumable.handle(request, response);
  };
  const tusPatch = asUpload(tus);

  const routes: Readonly<Record<string, Handler>> = {
    'GET /': ({ response }) => {
      response.setHeader('content-type', 'text/plain').end(`example runtime, pod ${pod}\n`);
    },
    'GET /health': ({ response }) => {
      // Failing while shutting down lets a prober withdraw a pod whose preStop hook never ran.
      const status = parts.isShuttingDown() ? 'shutting-down' : healthy ? 'ok' : 'failing';
      answerJson(response, status === 'ok' ? 200 : 503, { status, pod });
    },
    'POST /fault': async ({ request, response }) => {
      if (!config.faults) throw new HttpError(403, 'start the runtime with RT_FAULTS=1');
      healthy = parseFault(await readBody(request)).health;
      answerJson(response, 200, { health: healthy, pod });
    },
    'POST /upload': upload,
    'PUT /upload': upload,
    'POST /echo': async ({ request, response, query }) => {
      const id = request.headers['x-request-id'];
      if (typeof id !== 'string') throw new HttpError(400, 'send the header x-request-id');
      const ms = queryNumber(query, 'ms', 0, MAX_MS);
      await readBody(request);
      await journal.append(id);
      if (ms > 0) await waitFor(response, ms);
      answerJson(response, 200, { id, pod });
    },
    'GET /slow': async ({ response, query }) => {
      const ms = queryNumber(query, 'ms', 1000, MAX_MS);
      await waitFor(response, ms);
      answerJson(response, 200, { ms, pod });
    },
    'GET /stream': ({ response, query }) =>
      streamFor(
        response,
        queryNumber(query, 'ms', 1000, MAX_MS),
        Math.max(1, queryNumber(query, 'every', 100, MAX_MS)),
      ),
    'GET /events': ({ response, query }) =>
      live.stream(response, Math.max(1, queryNumber(query, 'every', 1000, MAX_MS))),
    'GET /poll': ({ response, query }) =>
      live.poll(response, queryNumber(query, 'ms', 30_000, MAX_MS)),
    'GET /reset': ({ request }) => {
      // A TCP reset cannot be sent through a TLS socket; there the connection just ends.
      if (config.https) request.socket.destroy();
      else request.socket.resetAndDestroy();
    },
    'GET /headers': ({ request, response }) => {
      answerJson(response, 200, {
        headers: request.headers,
        servername: request.socket instanceof TLSSocket ? request.socket.servername : null,
        remoteAddress: request.socket.remoteAddress,
        pod,
      });
    },
    // For the sidecar's forecast (DRAIN_UPLOADS_URL).
    'GET /uploads': ({ response }) => {
      const told = [...uploads].map(({ id, request, bytesBefore }) => ({
        id,
        receivedBytes: request.socket.bytesRead - bytesBefore,
        expectedBytes: Number(request.headers['content-length'] ?? Number.NaN),
      }));
      answerJson(response, 200, { uploads: told }); // JSON has null for what is not a number
    },
    // For the sidecar (DRAIN_TELL_URL): no client may end other clients' connections.
    'POST /draining': ({ request, response }) => {
      if (!isLoopback(request.socket.remoteAddress ?? '')) throw new HttpError(403, 'not for you');
      connections.beginLastAnswers();
      response.writeHead(204).end();
    },
    'GET /inflight': ({ response }) => {
      answerJson(response, 200, {
        requests: connections.requests - 1, // all but this one
        uploads: uploads.size,
        websockets: parts.countWebSockets(),
        connections: connections.open,
        pod,
      });
    },
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '/', method: asked = 'GET' } = request;
    const [path = '/', search = ''] = url.split('?', 2);
    if (path === TUS_PATH || path.startsWith(`${TUS_PATH}/`)) {
      const handler = asked === 'PATCH' ? tusPatch : tus;
      return handler({ request, response, query: new URLSearchParams(search) });
    }
    const method = asked === 'HEAD' ? 'GET' : asked;
    const handler = routes[`${method} ${path}`];
    if (handler) return handler({ request, response, query: new URLSearchParams(search) });
    const status = method === 'GET' && /^\/status\/([2-5]\d\d)$/.exec(path)?.[1];
    if (!status) throw new HttpError(404, `no route ${method} ${path}`);
    response.writeHead(Number(status)).end();
  };

  return (request, response) => {
    connections.beginRequest(request.socket, response);
    response.setHeader('x-pod', pod);
    handle(request, response).catch((error: unknown) => {
      if (!(error instanceof HttpError) && !response.destroyed) {
        log.error({ err: error, method: request.method, url: request.url }, 'request failed');
      }
      const known = error instanceof HttpError ? error : new HttpError(500, 'internal error');
      // What is left of the body would be taken for the next request's.
      if (!request.complete) response.shouldKeepAlive = false;
      answerJson(response, known.status, { error: known.message, pod });
      request.resume();
    });
  };
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function parseFault(body: Buffer): z.infer<typeof faultBody> {
  try {
    return faultBody.parse(JSON.parse(body.toString()));
  } catch {
    throw new HttpError(400, 'send JSON {"health": true} or {"health": false}');
  }
}
