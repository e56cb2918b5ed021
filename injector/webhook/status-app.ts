/** Owns what the process tells of itself in plain HTTP: /healthz, /readyz, /metrics. */
import express, { type Express } from 'express';
import type { Registry } from 'prom-client';

export function statusApp(metrics: Registry, ready: () => boolean): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    const isReady = ready();
    response.status(isReady ? 200 : 503).json({ ready: isReady });
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics());
  });
  return app;
}
