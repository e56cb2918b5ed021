/** Owns the gateway's Prometheus metrics: the agent's own and, through the sync route, the Lua plugin's. */
import http from 'node:http';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Logger } from 'pino';
import type { AgentEvents } from './agent';

export function agentMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const badRecords = new Counter({
    name: 'drain_bad_records_total',
    help: 'Records of the registry that were ignored: not parsable, or of an address that is not allowed.',
    registers,
  });
  const syncSeconds = new Histogram({
    name: 'drain_sync_seconds',
    help: 'Time of one call of the sync route.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    registers,
  });
  const syncFailures = new Counter({
    name: 'drain_sync_failures_total',
    help: 'Calls of the sync route that failed, by code.',
    labelNames: ['code'],
    registers,
  });
  const lastSync = new Gauge({
    name: 'drain_last_sync_timestamp_seconds',
    help: 'When Kong last took the views.',
    registers,
  });
  const epoch = new Gauge({
    name: 'drain_view_epoch',
    help: 'The epoch by which Kong routes.',
    labelNames: ['pool'],
    registers,
  });
  const offered = new Gauge({
    name: 'drain_offered_epoch',
    help: 'The epoch of the view that Kong was offered last; 0 while there is none under a living lease.',
    labelNames: ['pool'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'drain_in_flight_requests',
    help: 'Requests in flight that were assigned to targets.',
    labelNames: ['pool', 'state'],
    registers,
  });
  const uploads = new Gauge({
    name: 'drain_in_flight_uploads',
    help: 'Of the requests in flight that were assigned to targets, those with a body of 1 MiB or more, or of unknown length.',
    labelNames: ['pool'],
    registers,
  });
  let stats: Readonly<Record<string, number>> = {};
  new Counter({
    name: 'drain_kong_events_total',
    help: 'What the Lua plugin counted since Kong started: retries, ejections, unassigned requests.',
    labelNames: ['event'],
    registers,
    collect() {
      this.reset(); // Kong counts, and begins anew when it does
      for (const [event, count] of Object.entries(stats)) this.inc({ event }, count);
    },
  });
  const freeBytes = new Gauge({
    name: 'drain_dictionary_free_bytes',
    help: 'Free pages of the shared dictionary.',
    registers,
  });

  const events: AgentEvents = {
    synced: (answer, tookMs, handed) => {
      syncSeconds.observe(tookMs / 1000);
      lastSync.setToCurrentTime();
      freeBytes.set(answer.freeBytes);
      ({ stats } = answer);
      for (const [pool, { epoch }] of Object.entries(handed)) offered.set({ pool }, epoch);
      for (const [pool, said] of Object.entries(answer.pools)) {
        epoch.set({ pool }, said.epoch);
        inFlight.set({ pool, state: 'draining' }, sum(said.holding));
        inFlight.set({ pool, state: 'unassigned' }, said.unassigned);
        if (!said.inFlight) continue; // the rest is known of all targets together
        inFlight.set({ pool, state: 'serving' }, sum(said.inFlight));
        uploads.set({ pool }, sum(said.uploads ?? {}));
      }
    },
    syncFailed: (code) => syncFailures.inc({ code }),
    poolLeft: (pool) => {
      epoch.remove({ pool });
      offered.remove({ pool });
      uploads.remove({ pool });
      for (const state of ['serving', 'draining', 'unassigned']) inFlight.remove({ pool, state });
    },
  };
  return { registry, events, badRecords };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

const PORT_RETRY_MS = 1000;

/** Serves GET /metrics on host:port. After a reload the port is free only when the process before this one has ended. */
export function serveMetrics(listen: string, registry: Registry, log: Logger): void {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
  const server = http.createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void registry.metrics().then((text) => {
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    });
  });
  const serve = (): void => {
    server.listen(Number(listen.slice(colon + 1)), host === '' ? undefined : host);
  };
  server.once('error', (error) => log.warn({ error: error.message }, 'no metrics yet'));
  server.on('error', () => setTimeout(serve, PORT_RETRY_MS).unref());
  serve();
}
