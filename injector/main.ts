/** The injector's process: the admission webhook, and on one of the replicas the controller. */
import http from 'node:http';
import type https from 'node:https';
import pino from 'pino';
import { pause, systemClock } from '../core/clock';
import { DrainError } from '../core/errors';
import { describeEnv } from '../registry/env';
import { openRegistry } from '../registry/open';
import { callMessage } from './call-error';
import { envSchema, injectionSettings, parseConfig, type InjectorConfig } from './config';
import { Elector } from './controller/elector';
import { lead } from './controller/lead';
import { writeEvent } from './controller/pod-events';
import type { InjectionSettings } from './inject/settings';
import { connectKube, hasNativeSidecars } from './kube';
import { injectorMetrics } from './metrics';
import { sidecarImage } from './own-image';
import { endOfMs } from './tls/issue';
import { keepCertificate } from './tls/keeper';
import { certificateRounds } from './tls/rounds';
import { refusalEvents } from './webhook/refusal-events';
import { statusApp } from './webhook/status-app';
import { changeCertificate, webhookServer, type WebhookDeps } from './webhook/server';

const HELP = `injector: gives pods their sidecar and watches over the pools' pods

Environment:
${describeEnv(envSchema)}
`;

const VERSION_ROUND_MS = 10 * 60_000;
const VERSION_RETRY_MS = 2000;
/** A Service still leads the API server here for a while after a pod's deletion began. */
const LINGER_MS = 5000;
const SHUTDOWN_MS = 15_000;

function main(): void {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(HELP);
    return;
  }
  serve(parseConfig(process.env));
}

function serve(config: InjectorConfig): void {
  const log = pino({ level: config.DRAIN_LOG_LEVEL, base: { replica: config.POD_NAME } });
  const metrics = injectorMetrics();
  const kube = connectKube();
  let settings: InjectionSettings | undefined;
  let server: https.Server | undefined;
  let shuttingDown = false;
  const ready = (): boolean =>
    settings !== undefined && server?.listening === true && !shuttingDown;

  // The version decides between native and plain sidecars; a server that was upgraded is noticed without a restart.
  const readVersion = (): void => {
    Promise.all([kube.version.getCode(), sidecarImage(config, kube.core)]).then(
      ([version, image]) => {
        if (!settings) log.info({ version: version.gitVersion, image }, 'Kubernetes');
        settings = injectionSettings(config, image, hasNativeSidecars(version));
        systemClock.after(VERSION_ROUND_MS, readVersion);
      },
      (error: unknown) => {
        log.warn(
          { error: callMessage(error) },
          "the version of Kubernetes or the sidecar's image is not known yet",
        );
        systemClock.after(VERSION_RETRY_MS, readVersion);
      },
    );
  };
  readVersion();

  const eventOf = refusalEvents();
  const webhook: WebhookDeps = {
    denyBad: config.DRAIN_BAD_PODS === 'deny',
    ready,
    leaving: () => shuttingDown,
    settings: () => {
      if (!settings) throw new Error('the version of Kubernetes is not known yet');
      return settings;
    },
    observe: (seconds) => metrics.reviewSeconds.observe(seconds),
    onVerdict: (verdict, namespace, detail) => {
      metrics.reviews.inc({ verdict });
      if (verdict !== 'not-asked') log.info({ verdict, namespace, ...detail }, 'reviewed');
    },
    onRefusal: (refusal) => {
      const event = eventOf(refusal);
      if (!event) return;
      void writeEvent(kube.core, event, (message) => log.warn({ error: message }, 'event'));
    },
  };

  const stopCertificate = keepCertificate({
    clock: systemClock,
    ...certificateRounds(config, kube, (step) => log.info({ step }, 'certificates renewed')),
    onCertificate: (certificate) => {
      const endMs = endOfMs(certificate.cert);
      metrics.certificateEnds.set(endMs / 1000);
      log.info({ until: new Date(endMs).toISOString() }, 'certificate served');
      if (server) changeCertificate(server, certificate);
      else server = listen(webhookServer(webhook, certificate), config.DRAIN_WEBHOOK_LISTEN, log);
    },
    onError: (message) => {
      metrics.certificateErrors.inc();
      log.error({ error: message }, 'certificates');
    },
  });
  const plain = listen(
    http.createServer(statusApp(metrics.registry, ready)),
    config.DRAIN_METRICS_LISTEN,
    log,
  );
  const stopControlling = control(config, { kube, metrics, log, settings: () => settings });

  const shutdown = async (signal: string): Promise<void> => {
    log.info({ signal }, 'shutdown');
    shuttingDown = true;
    setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
    await Promise.all([stopControlling(), pause(systemClock, LINGER_MS)]);
    stopCertificate();
    const servers = [server, plain].filter((each) => each !== undefined);
    const closed = servers.map((each) => new Promise((resolve) => each.close(resolve)));
    for (const each of servers) each.closeIdleConnections();
    await Promise.all(closed);
    process.exit(0);
  };
  process.on('SIGTERM', () => void shutdown('SIGTERM'));
  process.on('SIGINT', () => void shutdown('SIGINT'));
}

/** Leads the controller whenever this replica holds the Lease. Returns the end of it. */
function control(
  config: InjectorConfig,
  deps: Pick<Parameters<typeof lead>[0], 'kube' | 'metrics' | 'settings'> & { log: pino.Logger },
): () => Promise<void> {
  if (config.DRAIN_CONTROLLER === 'off') return () => Promise.resolve();
  const { log, metrics } = deps;
  const registry = openRegistry(config, {
    badRecord: (id, why) => log.warn({ id, why }, 'a record of the registry is ignored'),
    redisError: (message) => log.debug({ error: message }, 'Redis'),
  });
  let stopLeading: () => void = () => undefined;
  const elector = new Elector(
    {
      namespace: config.POD_NAMESPACE,
      lease: config.DRAIN_LEADER_LEASE,
      me: `${config.POD_NAME}_${process.pid}_${Date.now()}`,
      durationMs: config.DRAIN_LEADER_LEASE_MS,
      retryMs: config.DRAIN_LEADER_LEASE_MS / 5,
    },
    {
      leases: deps.kube.coordination,
      clock: systemClock,
      onLeading: (leads) => {
        log.info({ leads }, leads ? 'leads the controller' : 'leads no more');
        metrics.leads.set(Number(leads));
        stopLeading();
        stopLeading = leads
          ? lead(
              { ...deps, clock: systemClock, keeper: (pool) => registry.keeper(pool) },
              {
                cost: { roundMs: config.DRAIN_COST_ROUND_MS, leastMs: config.DRAIN_COST_LEAST_MS },
                scanMs: config.DRAIN_SCAN_MS,
              },
            )
          : () => undefined;
      },
      onError: (message) => log.warn({ error: message }, 'leader election'),
    },
  );
  elector.start();
  return async () => {
    await elector.stop();
    await registry.close();
  };
}

function listen<Server extends http.Server | https.Server>(
  server: Server,
  address: string,
  log: pino.Logger,
): Server {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  server.on('error', (error) => {
    log.fatal({ error: error.message }, `cannot listen on ${address}`);
    process.exit(1);
  });
  server.listen(Number(address.slice(colon + 1)), host === '' ? undefined : host, () => {
    log.info({ listen: address }, 'listening');
  });
  return server;
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
