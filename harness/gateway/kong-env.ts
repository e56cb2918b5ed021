/** Owns the settings of a real Kong, all by environment. Invariant: whatever is not named here is Kong's default. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { GatewayOptions } from './gateway';
import type { GatewayPlace } from './place';
import { luaPackagePath } from './place';
import { dumpPluginInfo, type PluginServerSetup } from './plugin-server';

/** Kong's own defaults for the options of a listener (kong.conf). */
const LISTEN_OPTIONS = 'reuseport backlog=16384';

/** KONG_* for one gateway; `prefix` is its working directory. */
export function kongEnv(
  options: GatewayOptions,
  place: GatewayPlace,
  prefix: string,
  pluginServer: PluginServerSetup | undefined,
): NodeJS.ProcessEnv {
  const { workers = 2, env = {} } = options;
  return {
    // Not one of Kong's settings, though it looks like one.
    KONG_BIN: undefined,
    KONG_PREFIX: prefix,
    KONG_DATABASE: 'off',
    KONG_DECLARATIVE_CONFIG: place.declarativeFile,
    KONG_PROXY_LISTEN: [
      `${place.proxyListen} ${LISTEN_OPTIONS}`,
      `${place.tlsListen} http2 ssl ${LISTEN_OPTIONS}`,
    ].join(', '),
    KONG_ADMIN_LISTEN: 'off',
    KONG_ADMIN_GUI_LISTEN: 'off',
    KONG_STATUS_LISTEN: place.statusListen,
    KONG_NGINX_WORKER_PROCESSES: String(workers),
    KONG_NGINX_PROXY_PROXY_BIND: place.address,
    // In the foreground, so that master, workers and plugin server are one process group of ours.
    KONG_NGINX_DAEMON: 'off',
    KONG_LOG_LEVEL: 'notice',
    KONG_ANONYMOUS_REPORTS: 'off',
    // Started by root, workers would run as nobody and could not reach the run's directory.
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: 'root root' } : {}),
    ...(pluginServer ? drainEnv(options, pluginServer) : { KONG_PLUGINS: 'bundled' }),
    ...Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('KONG_'))),
  };
}

function drainEnv({ dir, pluginServer }: GatewayOptions, setup: PluginServerSetup) {
  const infoFile = path.join(dir, 'plugin-info.json');
  if (pluginServer === 'external') writeFileSync(infoFile, dumpPluginInfo());
  return {
    KONG_PLUGINS: 'bundled,drain,drain-registry',
    KONG_LUA_PACKAGE_PATH: luaPackagePath(process.env.KONG_LUA_PACKAGE_PATH),
    KONG_NGINX_HTTP_LUA_SHARED_DICT: 'drain 1m',
    KONG_PLUGINSERVER_NAMES: 'drain',
    KONG_PLUGINSERVER_DRAIN_SOCKET: setup.socket,
    ...(pluginServer === 'external'
      ? { KONG_PLUGINSERVER_DRAIN_QUERY_CMD: `cat ${infoFile}` }
      : {
          KONG_PLUGINSERVER_DRAIN_START_CMD: setup.startCommand,
          KONG_PLUGINSERVER_DRAIN_QUERY_CMD: setup.queryCommand,
        }),
  };
}
