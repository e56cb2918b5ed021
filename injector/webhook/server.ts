/**
 * Owns the webhook's HTTPS server: POST /inject, GET /healthz and /readyz.
 * Invariant: a certificate is changed under the open socket; connections that are open go on, new ones get the new one.
 */
import https from 'node:https';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { DrainError, messageOf } from '../../core/errors';
import { review, type ReviewDeps } from './review';

export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface WebhookDeps extends ReviewDeps {
  readonly ready: () => boolean;
  /** The process is about to end: whoever comes is still answered, and asked to come elsewhere next time. */
  readonly leaving: () => boolean;
  readonly observe: (seconds: number) => void;
}

// The API server itself takes 3 MiB at most; a review holds the object, and twice for an update.
const BODY_LIMIT = '8mb';
// The API server lets go of an idle connection after 90 s (Go's net/http). If we did so first, a review might meet the end
// of its connection; it is a POST, so nobody repeats it, and its pod would get no sidecar.
const KEEP_ALIVE_MS = 120_000;

/** The routes, without TLS. */
export function webhookApp(deps: WebhookDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request: Request, response: Response, next: NextFunction) => {
    if (deps.leaving()) response.set('connection', 'close');
    next();
  });
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    const ready = deps.ready();
    response.status(ready ? 200 : 503).json({ ready });
  });
  app.post(
    '/inject',
    express.json({ limit: BODY_LIMIT, type: () => true }),
    (request: Request, response: Response) => {
      const start = process.hrtime.bigint();
      response.json(review(request.body, deps));
      deps.observe(Number(process.hrtime.bigint() - start) / 1e9);
    },
  );
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const code = error instanceof DrainError ? error.code : 'BAD_REQUEST';
    response.status(statusOf(error)).json({ code, message: messageOf(error) });
  });
  return app;
}

/** The server with its first certificate, not listening yet. */
export function webhookServer(deps: WebhookDeps, certificate: ServingCertificate): https.Server {
  const options = {
    ...certificate,
    minVersion: 'TLSv1.2',
    keepAliveTimeout: KEEP_ALIVE_MS,
  } as const;
  return https.createServer(options, webhookApp(deps));
}

/** Serves new connections with the certificate. Throws where certificate and key do not fit each other. */
export function changeCertificate(server: https.Server, certificate: ServingCertificate): void {
  server.setSecureContext({ ...certificate, minVersion: 'TLSv1.2' });
}

/** express and its body parser give the errors of a request a status of 4xx. */
function statusOf(error: unknown): number {
  if (error instanceof DrainError) return 400;
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' ? status : 500;
}
