// Entry of the example runtime; the only file that reads the environment and the signals.
// Invariant: after "listening" is logged, SIGTERM always ends the process, by the configured way.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createApp } from './app';
import { ConfigError, helpText, parseConfig, type Config } from './config';
import { Connections } from './connections';
import { openJournal } from './journal';
import { liveAnswers } from './live';
import { createServer } from './server';
import { shutDown } from './shutdown';
import { resumableUploads } from './tus';
import { serveWebSockets } from './websocket';

async function main(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel, base: { pod: config.pod } });
  const connections = new Connections();
  const resumable = config.tusDir === undefined ? undefined : resumableUploads(config.tusDir);
  const live = liveAnswers(config.pod);
  let shuttingDown = false;

  const app = createApp({
    config,
    connections,
    journal: await openJournal(config.journal),
    live,
    log,
    resumable,
    isShuttingDown: () => shuttingDown,
    countWebSockets: () => sockets.count(),
  });
  const server = await createServer(config, app);
  connections.watch(server, config.https);
  const sockets = serveWebSockets(server, connections);

  const onSignal = (signal: NodeJS.Signals): void => {
    if (config.shutdown === 'exit') {
      log.info({ signal, requests: connections.requests }, 'exit at once');
      process.exit(0);
    }
    if (shuttingDown) {
      log.info({ signal }, 'shutdown is already under way');
      return;
    }
    shuttingDown = true;
    log.info({ signal }, 'shutdown: begun');
    resumable?.release();
    void shutDown({ server, connections, sockets, live, log }).then(() => process.exit(0));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  server.listen(config.listen);
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  log.info({ address, port, https: config.https, shutdown: config.shutdown }, 'listening');
}

function start(): void {
  if (process.argv.includes('--help')) {
    process.stdout.write(helpText());
    return;
  }
  let config: Config;
  try {
    config = parseConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
  main(config).catch((error: unknown) => {
    pino().fatal({ err: error }, 'cannot start');
    process.exit(1);
  });
}

start();
