/** The sidecar's process: environment in, the hook's server out. */
import http from 'node:http';
import pino from 'pino';
import { systemClock } from '../core/clock';
import { DrainError, messageOf } from '../core/errors';
import { describeEnv } from '../registry/env';
import { openRegistry } from '../registry/open';
import { app } from './app';
import { envSchema, parseConfig, type SidecarConfig } from './config';
import { keepInHistory } from './history';
import { sidecarMetrics } from './metrics';
import { deadlineMsOf, deletionGraceSeconds, ownPod } from './own-pod';
import { startProbe } from './probe';
import { Sidecar } from './sidecar';
import { socketsOf } from './sockets';
import { tellRuntime } from './tell-runtime';
import { writeTerminationLog } from './termination-log';
import { askForUploads } from './uploads';

const HELP = `sidecar: drains this pod before it stops

GET /drain (the runtime container's preStop hook) blocks until every gateway has confirmed that it sends
nothing new and that nothing it sent is unfinished.

Environment:
${describeEnv(envSchema)}
`;

function main(): void {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(HELP);
    return;
  }
  serve(parseConfig(process.env));
}

function serve(config: SidecarConfig): void {
  const { target, DRAIN_UPLOADS_URL: uploadsUrl, DRAIN_TELL_URL: tellUrl } = config;
  const log = pino({
    level: config.DRAIN_LOG_LEVEL,
    base: { pool: config.DRAIN_POOL, target: target.id, pod: config.POD_NAME },
  });
  const metrics = sidecarMetrics(() => sidecar);
  const registry = openRegistry(config, {
    badRecord: (id, why) => {
      metrics.badRecords.inc();
      log.warn({ id, why }, 'a record of the registry is ignored');
    },
    redisError: (message) => log.warn({ error: message }, 'Redis'),
  });
  let recorded = Promise.resolve();
  let hookRefused = false;
  const sidecar = new Sidecar(
    {
      registry,
      sockets: socketsOf(target),
      ...(uploadsUrl === undefined ? {} : { uploads: () => askForUploads(uploadsUrl) }),
      ...(tellUrl === undefined ? {} : { tell: () => tellRuntime(tellUrl) }),
      clock: systemClock,
      log: {
        info: (message, fields) => log.info(fields, message),
        warn: (message, fields) => log.warn(fields, message),
        error: (message, fields) => log.error(fields, message),
      },
      onDrainEvent: (event) => log.info(event, `drain: ${event.event}`),
      onDrained: (summary) => {
        metrics.drained(summary);
        recorded = keepInHistory(
          { summary, pod: config.podId, node: config.NODE_NAME },
          registry.history(config.DRAIN_POOL),
          (message) => log.info({ error: message }, 'this drain is missing in the history'),
        );
        if (config.DRAIN_TERMINATION_LOG === undefined) return;
        try {
          writeTerminationLog(config.DRAIN_TERMINATION_LOG, summary, hookRefused);
        } catch (error) {
          log.warn({ error: messageOf(error) }, 'cannot write DRAIN_TERMINATION_LOG');
        }
      },
      deletionDeadlineMs: async () => {
        const pod = ownPod(process.env);
        if (!pod) return undefined;
        try {
          const graceSeconds = await deletionGraceSeconds(pod);
          if (graceSeconds === undefined) return undefined;
          return deadlineMsOf(graceSeconds, config.DRAIN_RESERVE_SECONDS);
        } catch (error) {
          log.info(
            { error: messageOf(error) },
            'this pod cannot be read: DRAIN_GRACE_SECONDS holds',
          );
          return undefined;
        }
      },
    },
    {
      pool: config.DRAIN_POOL,
      target: target.id,
      renewMs: config.DRAIN_RENEW_MS,
      leaseMs: config.DRAIN_LEASE_MS,
      pollMs: config.DRAIN_POLL_MS,
      settleMs: config.DRAIN_SETTLE_MS,
      deadlineMs: config.deadlineMs,
      longMs: config.longMs,
      quiet: { idleMs: config.DRAIN_IDLE_QUIET_MS, owingMs: config.DRAIN_OWING_QUIET_MS },
      localAddresses: new Set(['127.0.0.1', '::1', target.ip]),
      direct: {
        policy: config.DRAIN_DIRECT_CLIENTS,
        everyMs: config.DRAIN_HEALTH_PERIOD_MS * PROBES_A_LOOK,
      },
      pod: config.podId,
      node: config.NODE_NAME,
      zone: config.DRAIN_ZONE,
    },
  );
  sidecar.start();
  const probe = startProbe(
    {
      url: config.DRAIN_HEALTH_URL,
      periodMs: config.DRAIN_HEALTH_PERIOD_MS,
      failures: config.DRAIN_HEALTH_FAILURES,
    },
    systemClock,
    (healthy) => sidecar.healthy(healthy),
    () => void sidecar.passedProbe(),
  );
  const server = http.createServer(
    app(sidecar, {
      hookToken: config.DRAIN_HOOK_TOKEN,
      operatorToken: config.DRAIN_OPERATOR_TOKEN,
      metrics: metrics.registry,
      onRefused: (what, from) => {
        hookRefused ||= what === 'the hook';
        metrics.refused.inc();
        log.error({ what, from }, 'refused: wrong or missing token');
      },
    }),
  );
  server.requestTimeout = 0; // the hook waits for as long as the uploads take
  server.on('error', (error) => {
    log.fatal({ error: error.message }, `cannot listen on ${config.DRAIN_LISTEN}`);
    process.exit(1);
  });
  listen(server, config.DRAIN_LISTEN, () =>
    log.info({ listen: config.DRAIN_LISTEN }, 'sidecar up'),
  );

  // A plain sidecar gets SIGTERM while the runtime's hook still runs: the process stays until the drain is over.
  const shutdown = async (signal: string): Promise<void> => {
    log.info({ signal }, 'shutdown: draining first');
    const summary = await sidecar.drain('signal');
    await sidecar.untilHook(LATE_HOOK_MS);
    log.info({ outcome: summary.outcome }, 'shutdown');
    probe.stop();
    server.close(() => void recorded.then(() => process.exit(0)));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), ANSWER_MS).unref();
  };
  process.on('SIGTERM', () => void shutdown('SIGTERM'));
  process.on('SIGINT', () => void shutdown('SIGINT'));
}

/** A look for direct clients comes with every so many health probes: it walks the machine's whole table of sockets. */
const PROBES_A_LOOK = 5;
const LATE_HOOK_MS = 2000;
const ANSWER_MS = 1000; // for the hook's answer to leave

function listen(server: http.Server, address: string, onListening: () => void): void {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  server.listen(Number(address.slice(colon + 1)), host === '' ? undefined : host, onListening);
}

try {
  main();
} catch (error) {
  const known = error instanceof DrainError;
  process.stderr.write(
    `${known ? `${error.code}: ${error.message}` : String((error as Error).stack)}\n`,
  );
  process.exit(known ? 2 : 1);
}
