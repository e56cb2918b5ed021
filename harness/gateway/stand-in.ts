/**
 * Owns the stand-in as a gateway: nginx with our Lua plugin, and the plugin server beside it.
 * Invariant: the plugin server lives and dies as it would under Kong.
 */
import path from 'node:path';
import { parse } from 'yaml';
import { endGroup, trackGroup } from '../process-groups';
import type { Declarative } from '../standin/declarative';
import { childrenOf } from '../standin/processes';
import { startStandIn } from '../standin/standin';
import { waitFor } from '../wait';
import { writeCertificate } from './certificate';
import type { Gateway, GatewayOptions } from './gateway';
import { luaPackagePath, preparePlace } from './place';
import { dumpPluginInfo, setUpPluginServer } from './plugin-server';
import { SupervisedPluginServer } from './supervised';

const GONE_MS = 2000;

/** Starts the stand-in and resolves when it answers on its status listener. */
export async function startStandInGateway(options: GatewayOptions): Promise<Gateway> {
  const place = await preparePlace(options);
  const prefix = path.join(options.dir, 'nginx');
  const certificate = await writeCertificate(options.dir);
  const setup = options.pluginServer === 'none' ? undefined : setUpPluginServer(options, place);
  const isStarted = options.pluginServer === 'started';
  const server =
    setup && new SupervisedPluginServer(place.name, setup, isStarted ? 'kong' : 'others');

  const standIn = await startStandIn({
    prefix,
    declarative: readDeclarative(options.declarative),
    proxyListen: [place.proxyListen],
    tlsListen: [place.tlsListen],
    certFile: certificate.cert,
    keyFile: certificate.key,
    statusListen: place.statusListen,
    workers: options.workers ?? 2,
    ...settingsOf(options, place.address),
    ...(setup
      ? {
          luaPackagePath: luaPackagePath(undefined).replace(/;+$/, ''),
          plugins: ['drain'],
          pluginServer: { socket: setup.socket, dump: dumpPluginInfo() },
        }
      : { plugins: [] }),
  }).catch(async (error: unknown) => {
    await server?.stop('SIGKILL');
    throw error;
  });
  trackGroup(standIn.pid, place.name);
  let isAlive = true;

  async function end(nginxEnds: () => Promise<void>, signal: 'SIGTERM' | 'SIGKILL') {
    isAlive = false;
    if (signal === 'SIGKILL') await Promise.all([nginxEnds(), server?.stop(signal)]);
    await nginxEnds();
    await Promise.all([endGroup(standIn.pid, GONE_MS), server?.stop(signal)]);
  }

  async function quit(timeoutMs: number): Promise<void> {
    const [first] = childrenOf(standIn.pid);
    const isGone = (): boolean => !childrenOf(standIn.pid).some(({ pid }) => pid === first?.pid);
    const nginxEnds = standIn.stop(true, timeoutMs);
    if (isStarted) {
      await waitFor('the first worker to end', isGone, { timeoutMs: timeoutMs + GONE_MS });
      await server?.abandon();
    }
    await nginxEnds;
  }

  return {
    kind: 'stand-in',
    version: 'stand-in',
    number: options.number,
    name: place.name,
    proxyUrl: place.proxyUrl,
    tlsUrl: place.tlsUrl,
    statusUrl: place.statusUrl,
    address: place.address,
    logFile: standIn.errorLog,
    metricsUrl: setup?.metricsUrl,
    alive: () => isAlive,
    reload: async (declarative) => {
      const reloadWorkers = (): Promise<void> =>
        standIn.reload(declarative === undefined ? undefined : readDeclarative(declarative));
      if (server && isStarted) await server.replace(reloadWorkers);
      else await reloadWorkers();
    },
    quit: (timeoutMs = 60_000) => end(() => quit(timeoutMs), 'SIGTERM'),
    stop: () => end(() => standIn.stop(false), 'SIGTERM'),
    kill: () => end(() => standIn.kill(), 'SIGKILL'),
    pluginServerPids: () => server?.pids() ?? [],
    workerPids: () => standIn.workers(),
  };
}

/** Those of Kong's own settings that the stand-in knows too, and the version that it is to say. */
function settingsOf({ env = {} }: GatewayOptions, address: string) {
  const {
    KONG_NGINX_PROXY_PROXY_BIND: proxyBind = address,
    KONG_NGINX_HTTP_LUA_SHARED_DICT: sharedDict,
    KONG_STANDIN_VERSION: version,
    KONG_TRUSTED_IPS: trustedIps,
  } = env;
  return {
    proxyBind,
    ...(sharedDict === undefined ? {} : { sharedDict }),
    ...(version === undefined ? {} : { version }),
    ...(trustedIps === undefined
      ? {}
      : { trustedIps: trustedIps.split(',').map((ip) => ip.trim()) }),
  };
}

/** The stand-in refuses keys that it does not know; the format version is Kong's affair. */
function readDeclarative(yaml: string): Declarative {
  const { _format_version: _, ...config } = parse(yaml) as Declarative & {
    _format_version: string;
  };
  return config;
}
