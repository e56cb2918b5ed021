/** Owns the console's HTTP surface. Invariant: without a token nothing that changes anything exists. */
import { createRequire } from 'node:module';
import path from 'node:path';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { RedisRegistry } from '../../../registry/redis-registry';
import type { Past, Whole } from '../page/wire';
import { wireDrain } from '../sight/wire-of';
import type { Watch } from '../sight/watch';
import { headers, onlyHosts, refuse } from './guard';
import { orderRoutes, type OrderOptions } from './orders';
import { Stream } from './stream';

export interface AppOptions {
  readonly hosts: readonly string[];
  /** Undefined: read-only. */
  readonly orders: OrderOptions | undefined;
  readonly version: string;
}

const PAGE_DIR = path.join(__dirname, '..', 'page');
const CHART_DIR = path.dirname(createRequire(__filename).resolve('uplot/dist/uPlot.min.css'));
const CHART_FILES = ['uPlot.iife.min.js', 'uPlot.min.css'];
const DRAINS_TOLD = 40;
const DRAINS_AT_ONCE = 100;

/** The routes, and the stream to close before the server is. */
export function consoleApp(registry: RedisRegistry, watch: Watch, options: AppOptions) {
  const app = express();
  app.disable('x-powered-by');
  // Before the check of the host: a probe asks by the pod's address, and learns nothing.
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.use(headers, onlyHosts(options.hosts));
  const stream = new Stream(() => wholeOf(watch, options));
  const tellWhole = (): void => stream.tell('whole', wholeOf(watch, options));
  watch.on('whole', tellWhole);
  watch.on('change', (change) => stream.tell('change', change));
  watch.on('drains', (drains) => stream.tell('drains', drains));
  watch.on('sample', (sample) => stream.tell('sample', sample));
  watch.on('registry', (state) => stream.tell('registry', state));
  app.get('/api/events', stream.open);
  addHistory(app, watch);
  if (options.orders) app.use('/api', orderRoutes(registry, options.orders));
  addPage(app);
  app.use((_request, response) => {
    refuse(response, 404, { code: 'NOT_FOUND', message: 'there is nothing here' });
  });
  app.use(failed);
  return { app, stream };
}

function wholeOf(watch: Watch, { orders, version }: AppOptions): Whole {
  const drains = watch.drains.all;
  return {
    ...{ nowMs: watch.nowMs, version, orders: orders !== undefined, registry: watch.state },
    pools: watch.pools,
    drains: drains.slice(-DRAINS_TOLD).map(wireDrain),
    older: drains.length > DRAINS_TOLD,
    samples: watch.samples.all,
  };
}

function addHistory(app: Express, watch: Watch): void {
  /** Those that ended before a time, the newest of them, oldest first, and whether there are others before them. */
  app.get('/api/drains', (request, response) => {
    const given = Number(request.query.before);
    const beforeMs = Number.isFinite(given) ? given : Infinity;
    const drains = watch.drains.all.filter(({ endedMs }) => endedMs < beforeMs);
    response.set('cache-control', 'no-store').json({
      drains: drains.slice(-DRAINS_AT_ONCE).map(wireDrain),
      older: drains.length > DRAINS_AT_ONCE,
    } satisfies Past);
  });
  app.get('/api/drains/:pool/:number', (request, response) => {
    const drain = watch.drains.find(request.params.pool, Number(request.params.number));
    if (drain) response.json(drain.timeline);
    else refuse(response, 404, { code: 'FORGOTTEN', message: 'this drain is no longer kept' });
  });
}

function addPage(app: Express): void {
  for (const file of CHART_FILES) {
    app.get(`/chart/${file}`, (_request, response) =>
      response.sendFile(path.join(CHART_DIR, file)),
    );
  }
  // Names do not change with the version: a browser asks each time, and is told 304.
  app.use(express.static(PAGE_DIR, { cacheControl: false, extensions: false, redirect: false }));
}

const failed: ErrorRequestHandler = (error: { status?: number }, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = error.status ?? 500;
  const message = status < 500 ? 'this request could not be read' : 'the console failed at this';
  refuse(response, status, { code: status < 500 ? 'BAD_REQUEST' : 'INTERNAL', message });
};
