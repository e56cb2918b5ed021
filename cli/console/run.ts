/** Owns a run of `kong-drain console`. Invariant: when it ends, its port is free and no page waits for it. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { DrainError, messageOf } from '../../core/errors';
import type { RedisRegistry } from '../../registry/redis-registry';
import type { CliContext } from '../context';
import { printed } from '../output/output';
import { openedBy, withoutLogin } from '../registry/connect';
import { version } from '../version';
import type { ConsoleOptions } from './command';
import { consoleApp } from './http/app';
import type { OrderNote } from './http/orders';
import { Watch } from './sight/watch';

const CONNECT_MS = 1500;

/** Serves until the signal. Throws `CANNOT_LISTEN`, and what opening the registry does. */
export async function runConsole(options: ConsoleOptions, context: CliContext): Promise<void> {
  let redisError = '';
  const registry = openedBy(options, context, (message) => (redisError = message));
  registry.onConnect(() => (redisError = ''));
  const watch = new Watch(registry, {
    intervalMs: options.interval,
    pools: options.pool,
    redisError: () => redisError,
  });
  watch.on('registry', ({ message }) => context.err(`note: ${message ?? 'no Redis'}\n`));
  const { allowHost: hosts } = options;
  const orders = ordersOf(options, context);
  const { app, stream } = consoleApp(registry, watch, { hosts, orders, version });
  const server = http.createServer(app);
  try {
    const address = await listen(server, options.listen);
    tell(address, options, context);
    await firstAnswer(registry, context.signal);
    await watch.run(context.signal);
  } finally {
    stream.close();
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    server.closeAllConnections();
    await Promise.all([closed, registry.close()]);
  }
}

function ordersOf({ token, pool: pools }: ConsoleOptions, context: CliContext) {
  if (token === undefined) return undefined;
  const logger = pino({ base: null }, { write: (line) => context.err(line) });
  const log = (note: OrderNote): void => logger.info(note, 'an order of the console');
  return { token, pools, log };
}

/** Resolves when the registry is connected, or does not seem to be soon. */
function firstAnswer(registry: RedisRegistry, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CONNECT_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    registry.onConnect(done);
    signal.addEventListener('abort', done, { once: true });
  });
}

async function listen(server: http.Server, address: string): Promise<AddressInfo> {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  try {
    server.listen({ port: Number(port), host: host.replace(/^\[|\]$/g, '') || '::' });
    await once(server, 'listening');
    return server.address() as AddressInfo;
  } catch (error) {
    throw new DrainError(
      'CANNOT_LISTEN',
      `cannot listen on ${address}: ${messageOf(error)}. Choose another by --listen`,
      { cause: error },
    );
  }
}

const ANY = new Set(['::', '0.0.0.0']);

function tell({ address, port }: AddressInfo, options: ConsoleOptions, context: CliContext): void {
  const host = ANY.has(address) ? 'localhost' : address.includes(':') ? `[${address}]` : address;
  const url = `http://${host}:${port}`;
  const orders = options.token !== undefined;
  const told = { url, orders, redis: withoutLogin(options.redis) };
  const about = orders ? 'drain and undrain by its token' : 'read-only';
  context.out(printed(options.output, told, () => `The console is at ${url} (${about}).\n`));
}
