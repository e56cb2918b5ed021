/**
 * Owns our launch of kong-pdk's plugin server, with repairs for what its 0.6.0 gets wrong (server.js, listener.js,
 * lib/mod.js). Invariant: no death or silence of a Kong worker ends this process or makes it grow.
 */
import { randomInt } from 'node:crypto';
import { chmodSync } from 'node:fs';
import type { Server as NetServer, Socket } from 'node:net';

interface Reply {
  readonly Data: string | { readonly Method?: string };
  readonly EventId: number;
}

interface PdkLogger {
  debug(message: string): void;
  info(...message: string[]): void;
  warn(message: string): void;
  error(message: string): void;
}

interface PdkServer {
  instanceID: number;
  readonly events: Map<number, unknown>;
  readonly plugins: Map<string, unknown>;
  GetPluginInfo(name: string): Promise<unknown>;
  HandleEvent(event: unknown): Promise<Reply>;
  step(data: unknown, isError: boolean): Promise<Reply>;
  close(): void;
}

type PdkServerClass = new (
  directory: string,
  logger: PdkLogger,
  expireEveryMs: number,
) => PdkServer;
type PdkListenerClass = new (server: PdkServer, path: string) => { serve(): NetServer };
type PdkModuleClass = new (name: string, path: null, literal: unknown) => { readonly name: string };

const EXPIRE_EVERY_MS = 10_000; // its default sweeps instances every 60 ms
const EVENTS_MAX = 10_000; // phases begun by workers that died never end; the oldest are dropped beyond this
const NEVER_STEPPED = new Set(['kong.response.exit', 'kong.response.error']);

function loadPdk() {
  // kong-pdk registers ts-node at load, which reads (and chokes on) a tsconfig.json of the working directory.
  const tsNode = require.resolve('ts-node');
  require.cache[tsNode] ??= { exports: { register: () => undefined } } as NodeJS.Module;
  /* eslint-disable @typescript-eslint/no-require-imports -- after the line above, not before */
  return {
    Server: require('kong-pdk/server') as PdkServerClass,
    Listener: require('kong-pdk/listener') as PdkListenerClass,
    Module: (require('kong-pdk/lib/mod') as { Module: PdkModuleClass }).Module,
  };
  /* eslint-enable @typescript-eslint/no-require-imports */
}

/** The plugin server with one plugin, mended but not yet listening. */
export function pdkServer(plugin: { readonly Name: string }, logger: PdkLogger) {
  const { Server, Listener, Module } = loadPdk();

  class MendedServer extends Server {
    override async HandleEvent(event: unknown): Promise<Reply> {
      return this.settle(await super.HandleEvent(event));
    }

    override async step(data: unknown, isError: boolean): Promise<Reply> {
      return this.settle(await super.step(data, isError));
    }

    /** Forgets events that end without another step: with no PDK call, or in a response. */
    private settle(reply: Reply): Reply {
      const { Data, EventId } = reply;
      if (typeof Data === 'string' || NEVER_STEPPED.has(Data.Method ?? ''))
        this.events.delete(EventId);
      if (this.events.size > EVENTS_MAX)
        this.events.delete(this.events.keys().next().value as number);
      return reply;
    }
  }

  const server = new MendedServer('', logger, EXPIRE_EVERY_MS);
  // From 0 in each process they would name another route's instance after a respawn.
  server.instanceID = randomInt(1, 2 ** 40);
  const module = new Module(plugin.Name, null, plugin);
  server.plugins.set(module.name, module);

  return {
    /** What Kong's query command prints. */
    dump: async (): Promise<string> => JSON.stringify([await server.GetPluginInfo(module.name)]),
    /** For tests: phases begun and not ended. */
    pendingEvents: (): number => server.events.size,
    /** Listens on a unix socket, in place of whatever is left of one there. */
    listen: (path: string, mode?: number): NetServer => {
      const net = new Listener(server, path).serve();
      net.on('error', (error) => {
        logger.error(
          `cannot listen on ${path}: ${error.message}; is its directory there and writable?`,
        );
        process.exit(1);
      });
      net.on('connection', (socket: Socket) => {
        socket.on('error', (error) => logger.debug(`a Kong worker hung up: ${error.message}`));
      });
      if (mode !== undefined) net.on('listening', () => chmodSync(path, mode));
      return net;
    },
    close: () => server.close(),
  };
}
