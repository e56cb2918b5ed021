/**
 * Owns how a gateway's plugin server is started: its settings, and the commands that Kong is given for it.
 * Invariant: by whomever it is started, it gets the same settings, and its output goes to one file.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { groupPids } from '../process-groups';
import { compiledEntry } from '../repository';
import type { GatewayOptions } from './gateway';

export interface PluginServerSetup {
  readonly socket: string;
  readonly logFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Arguments after `node`. */
  readonly args: readonly string[];
  /** Kong's start command: a shell's `exec` of it, in an empty environment (kong/runloop/plugin_servers/process.lua). */
  readonly startCommand: string;
  readonly queryCommand: string;
  readonly metricsUrl: string;
}

interface Place {
  readonly name: string;
  readonly address: string;
  readonly syncUrl: string;
  readonly metricsListen: string;
}

/** The plugin server of one gateway. Throws `NOT_BUILT`. */
export function setUpPluginServer(options: GatewayOptions, place: Place): PluginServerSetup {
  const { dir, redisUrl, env = {} } = options;
  const entry = compiledEntry('plugin/server/main.ts');
  const socket = path.join(dir, 'drain.sock');
  const logFile = path.join(dir, 'plugin-server.log');
  const settings: Record<string, string> = {
    ...(redisUrl === undefined ? {} : { DRAIN_REDIS_URL: redisUrl }),
    DRAIN_SYNC_URL: place.syncUrl,
    DRAIN_GATEWAY_NAME: place.name,
    DRAIN_GATEWAY_ADDRESSES: place.address,
    DRAIN_METRICS_LISTEN: place.metricsListen,
    ...Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('DRAIN_'))),
  };
  const args = [entry, '--socket', socket];
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const command = ['/usr/bin/env', ...assignments, process.execPath, ...args];
  return {
    socket,
    logFile,
    env: settings,
    args,
    // Kong would log the output at level info only.
    startCommand: `sh -c ${quote(`${command.map(quote).join(' ')} & wait`)} >>${quote(logFile)} 2>&1`,
    queryCommand: ['/usr/bin/env', process.execPath, entry, '--dump'].map(quote).join(' '),
    metricsUrl: `http://${place.metricsListen}/metrics`,
  };
}

/** The plugin servers among the processes of a group, without the shell that Kong starts them by. */
export function pluginServersOf(pgid: number, { socket }: PluginServerSetup): number[] {
  return groupPids(pgid).filter((pid) => hasArgument(pid, socket));
}

function hasArgument(pid: number, argument: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument);
  } catch {
    return false;
  }
}

/** What the plugin server's `--dump` prints: Kong's description of the plugin, JSON. */
export function dumpPluginInfo(): string {
  const entry = compiledEntry('plugin/server/main.ts');
  return execFileSync(process.execPath, [entry, '--dump'], { encoding: 'utf8', timeout: 10_000 });
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
