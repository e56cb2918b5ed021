/** Owns the sidecar's HTTP surface. Invariant: only the holder of a token that is set can drain this pod. */
import { timingSafeEqual } from 'node:crypto';
import express, { type Express, type Request, type Response } from 'express';
import type { Registry as Metrics } from 'prom-client';
import { messageOf } from '../core/errors';
import type { Sidecar } from './sidecar';

export interface AppOptions {
  readonly hookToken: string | undefined;
  readonly operatorToken: string | undefined;
  readonly metrics: Metrics;
  readonly onRefused: (
    what: 'the hook' | 'operator drain' | 'operator undrain',
    from: string,
  ) => void;
}

const ORDER_ANSWERS = {
  ok: 200,
  unknown: 409,
  unnamed: 409,
} as const;

/** The routes: /drain, /status, /healthz, /readyz, /metrics, /operator/drain, /operator/undrain. */
export function app(sidecar: Sidecar, options: AppOptions): Express {
  const server = express();
  server.disable('x-powered-by');

  const hook = async (request: Request, response: Response): Promise<void> => {
    if (!carries(request.get('x-drain-token'), options.hookToken)) {
      options.onRefused('the hook', request.ip ?? '');
      response.status(403).json({
        code: 'BAD_HOOK_TOKEN',
        message:
          'the preStop hook must carry DRAIN_HOOK_TOKEN in the header x-drain-token (httpHeaders)',
      });
      return;
    }
    response.json(await sidecar.drain('hook'));
  };
  server.get('/drain', hook);
  server.post('/drain', hook);

  const order = (act: 'drain' | 'undrain') => async (request: Request, response: Response) => {
    const given = /^Bearer (.+)$/.exec(request.get('authorization') ?? '')?.[1];
    if (options.operatorToken === undefined || !carries(given, options.operatorToken)) {
      options.onRefused(`operator ${act}`, request.ip ?? '');
      response.status(options.operatorToken === undefined ? 404 : 401).json({
        code: 'BAD_OPERATOR_TOKEN',
        message: 'set DRAIN_OPERATOR_TOKEN and send it as "Authorization: Bearer …"',
      });
      return;
    }
    try {
      const result = await sidecar.order(act);
      const message =
        result === 'unnamed'
          ? 'set POD_NAME: an order without a pod could hit another pod on this address later'
          : result === 'unknown'
            ? 'the registry does not know this target: is the runtime healthy?'
            : `${act} ordered`;
      response.status(ORDER_ANSWERS[result]).json({ code: result.toUpperCase(), message });
    } catch (error) {
      response.status(503).json({ code: 'REGISTRY_UNREACHABLE', message: messageOf(error) });
    }
  };
  server.post('/operator/drain', order('drain'));
  server.post('/operator/undrain', order('undrain'));

  server.get('/status', (_request, response) => void response.json(sidecar.status));
  server.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  server.get('/readyz', (_request, response) => {
    const { ready, status } = sidecar;
    response
      .status(ready ? 200 : 503)
      .json({ ready, healthy: status.healthy, state: status.state });
  });
  server.get('/metrics', async (_request, response) => {
    response.type(options.metrics.contentType).send(await options.metrics.metrics());
  });
  return server;
}

function carries(given: string | undefined, expected: string | undefined): boolean {
  if (expected === undefined) return true;
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
