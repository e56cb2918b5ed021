/**
 * Owns what a gateway is to the rest of the harness, and which kind is started: real Kong by KONG_BIN, else the stand-in.
 * Invariant: both kinds run the same declarative configuration, the same Lua plugin and the same plugin server.
 */
import { startKong } from './kong';
import { startStandInGateway } from './stand-in';

/**
 * `started`: by Kong's start command. `external`: by the harness, as a container of its own would be.
 * `none`: no plugin of ours in this gateway.
 */
export type PluginServerMode = 'started' | 'external' | 'none';

export interface GatewayOptions {
  /** It connects from 127.2.x.y (see addresses.ts). */
  readonly number: number;
  readonly dir: string;
  /** The declarative configuration, as YAML. */
  readonly declarative: string;
  /** For the plugin server; not needed without one. */
  readonly redisUrl?: string;
  /** nginx worker processes, default 2. */
  readonly workers?: number;
  readonly pluginServer: PluginServerMode;
  /** More for the plugin server (DRAIN_*) and, on real Kong, for Kong itself (KONG_*). */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Gateway {
  readonly kind: 'kong' | 'stand-in';
  /** `kong 3.9.3` or `stand-in`. */
  readonly version: string;
  readonly number: number;
  /** `gw-N`, also its name in the registry. */
  readonly name: string;
  readonly proxyUrl: string;
  readonly tlsUrl: string;
  readonly statusUrl: string;
  /** Where its connections to pods come from. */
  readonly address: string;
  readonly logFile: string;
  /** Prometheus metrics of the plugin server, if there is one. */
  readonly metricsUrl: string | undefined;
  alive(): boolean;
  /** Graceful change of workers; another declarative configuration if given. */
  reload(declarative?: string): Promise<void>;
  /** Graceful: finishes what is in flight, then ends; SIGKILL after `timeoutMs` (60 s). */
  quit(timeoutMs?: number): Promise<void>;
  /** At once but in order, as for a teardown. */
  stop(): Promise<void>;
  /** As when the node dies: SIGKILL to all of it, plugin server included. */
  kill(): Promise<void>;
  pluginServerPids(): number[];
  workerPids(): number[];
}

/** Starts a gateway and resolves when it proxies. Rejects with its log's place if it does not come up. */
export function startGateway(options: GatewayOptions): Promise<Gateway> {
  const kongBin = process.env.KONG_BIN;
  return kongBin ? startKong(kongBin, options) : startStandInGateway(options);
}
