/** The plugin server's process: argv and environment in, the JS plugin and its agent out. */
import { isKongsChild, orphaned } from './lineage';
import pino from 'pino';
import { systemClock } from '../../core/clock';
import { DrainError } from '../../core/errors';
import { describeEnv } from '../../registry/env';
import { openRegistry } from '../../registry/open';
import { Agent } from './agent';
import { envSchema, parseArguments, parseConfig } from './config';
import { drainRegistryModule } from './drain-registry';
import { HandoverDesk } from './handover-desk';
import { agentMetrics, serveMetrics } from './metrics';
import { tellOver } from './over';
import { pdkServer } from './pdk-server';
import { kongSync } from './sync-client';

const HELP = `drain-registry: Kong's plugin server for the acknowledged drain

  --socket PATH  serve Kong on this unix socket
  --dump         print the plugin's description for Kong's query command, and exit
  --help         this text

Environment:
${describeEnv(envSchema)}
`;

const TOO_CLOSE =
  'Kong kills what it starts as soon as its worker 0 has ended, though others may still have uploads: ' +
  "start it by a shell, sh -c 'node … & wait' (README, a plugin server started by Kong)";

async function main(): Promise<void> {
  const args = parseArguments(process.argv.slice(2));
  if (args.help) {
    process.stdout.write(HELP);
    return;
  }
  const desk = new HandoverDesk();
  if (args.dump) {
    const server = pdkServer(drainRegistryModule(desk), pino({ level: 'silent' }));
    process.stdout.write(`${await server.dump()}\n`);
    server.close();
    return;
  }
  if (args.socket === undefined) {
    throw new DrainError('BAD_ARGUMENTS', 'give --socket PATH or --dump (see --help)');
  }
  serve(args.socket);
}

function serve(socket: string): void {
  const config = parseConfig(process.env);
  const log = pino({ level: config.DRAIN_LOG_LEVEL, base: { gateway: config.DRAIN_GATEWAY_NAME } });
  const metrics = agentMetrics();
  const desk = new HandoverDesk();
  const server = pdkServer(drainRegistryModule(desk), {
    debug: () => undefined,
    info: (...words) => log.debug(words.join(' ')),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  });
  server.listen(
    socket,
    config.DRAIN_SOCKET_MODE ? parseInt(config.DRAIN_SOCKET_MODE, 8) : undefined,
  );

  const registry = openRegistry(config, {
    badRecord: (id, why) => {
      metrics.badRecords.inc();
      log.warn({ id, why }, 'a record of the registry is ignored');
    },
    redisError: (message) => log.warn({ error: message }, 'Redis'),
  });
  const agent = new Agent(
    registry,
    kongSync(config.DRAIN_SYNC_URL, desk, () => systemClock.nowMs()),
    systemClock,
    {
      gateway: config.DRAIN_GATEWAY_NAME,
      addresses: config.addresses,
      renewMs: config.DRAIN_RENEW_MS,
      leaseMs: config.DRAIN_LEASE_MS,
      pollMs: config.DRAIN_POLL_MS,
      zone: config.DRAIN_ZONE,
      over: tellOver(config.DRAIN_OVER_FILE, (error) =>
        log.warn({ error }, 'DRAIN_OVER_FILE cannot be made'),
      ),
    },
    {
      info: (message, fields) => log.info(fields, message),
      warn: (message, fields) => log.warn(fields, message),
    },
    metrics.events,
  );
  agent.start();
  if (config.DRAIN_METRICS_LISTEN) serveMetrics(config.DRAIN_METRICS_LISTEN, metrics.registry, log);
  log.info(
    { socket, sync: config.DRAIN_SYNC_URL, addresses: config.addresses },
    'plugin server up',
  );

  if (isKongsChild()) log.warn(TOO_CLOSE);

  let ends = false;
  const end = (why: string): void => {
    if (ends) return;
    ends = true;
    log.info({ why }, 'plugin server ends, after a Kong that quits');
    void agent.finish().then(() => {
      agent.stop();
      process.exit(0);
    });
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  void orphaned().then(() => end('the process that started it is gone'));
}

main().catch((error: unknown) => {
  const known = error instanceof DrainError;
  process.stderr.write(
    `${known ? `${error.code}: ${error.message}` : String((error as Error).stack)}\n`,
  );
  process.exit(known ? 2 : 1);
});
