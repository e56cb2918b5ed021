/**
 * Owns a real Kong: started by `$KONG_BIN start`, changed by `reload`, ended by signals to its nginx master.
 * Invariant: master, workers and plugin server are one process group, which is gone after quit, stop and kill.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { DrainError } from '../../core/errors';
import { httpGet } from '../http-get';
import { endGroup, killGroup } from '../process-groups';
import { startProcess, type HarnessProcess } from '../process';
import { childrenOf } from '../standin/processes';
import { waitFor } from '../wait';
import type { Gateway, GatewayOptions } from './gateway';
import { kongEnv } from './kong-env';
import { preparePlace } from './place';
import { pluginServersOf, setUpPluginServer } from './plugin-server';
import { SupervisedPluginServer } from './supervised';
import { gatewayVersion } from './version';

const START_MS = 60_000;
const RELOAD_MS = 30_000;
const STOP_MS = 5000;
/** For a plugin server to say goodbye to the registry after its worker has gone. */
const GOODBYE_MS = 2000;

/** Starts Kong and resolves when its status listener says that the configuration is loaded in all workers. */
export async function startKong(kongBin: string, options: GatewayOptions): Promise<Gateway> {
  const version = await gatewayVersion(kongBin);
  const place = await preparePlace(options);
  const prefix = path.join(options.dir, 'kong');
  const setup = options.pluginServer === 'none' ? undefined : setUpPluginServer(options, place);
  const env = kongEnv(options, place, prefix, setup);
  const external =
    setup && options.pluginServer === 'external'
      ? new SupervisedPluginServer(place.name, setup, 'others')
      : undefined;

  const kong = startProcess({
    name: place.name,
    command: kongBin,
    args: ['start', '-p', prefix],
    env,
    logFile: path.join(options.dir, 'kong.log'),
  });
  await ready(kong, `${place.statusUrl}/status/ready`).catch(async (error: unknown) => {
    killGroup(kong.pid);
    await external?.stop('SIGKILL');
    throw error;
  });

  const workers = (): number[] =>
    childrenOf(masterPid(prefix))
      .filter(({ title }) => title.includes('worker process') && !title.includes('shutting down'))
      .map(({ pid }) => pid);

  async function end(signal: 'SIGQUIT' | 'SIGTERM', timeoutMs: number): Promise<void> {
    if (kong.alive()) process.kill(masterPid(prefix), signal);
    const overdue = setTimeout(() => killGroup(kong.pid), timeoutMs);
    await kong.exited;
    clearTimeout(overdue);
    await Promise.all([endGroup(kong.pid, GOODBYE_MS), external?.stop()]);
  }

  return {
    kind: 'kong',
    version,
    number: options.number,
    name: place.name,
    proxyUrl: place.proxyUrl,
    tlsUrl: place.tlsUrl,
    statusUrl: place.statusUrl,
    address: place.address,
    logFile: path.join(prefix, 'logs', 'error.log'),
    metricsUrl: setup?.metricsUrl,
    alive: () => kong.alive(),
    reload: async (declarative) => {
      if (declarative !== undefined) writeFileSync(place.declarativeFile, declarative);
      const old = workers();
      await promisify(execFile)(kongBin, ['reload', '-p', prefix], {
        env: { ...process.env, ...env },
        timeout: RELOAD_MS,
      });
      const areNew = (): boolean => {
        const now = workers();
        return now.length >= old.length && !now.some((pid) => old.includes(pid));
      };
      await waitFor(`${place.name}'s new workers`, areNew, { timeoutMs: RELOAD_MS });
    },
    quit: (timeoutMs = 60_000) => end('SIGQUIT', timeoutMs),
    stop: () => end('SIGTERM', STOP_MS),
    kill: async () => {
      killGroup(kong.pid);
      await Promise.all([kong.exited, endGroup(kong.pid, STOP_MS), external?.stop('SIGKILL')]);
    },
    pluginServerPids: () => external?.pids() ?? (setup ? pluginServersOf(kong.pid, setup) : []),
    workerPids: workers,
  };
}

async function ready(kong: HarnessProcess, url: string): Promise<void> {
  const waiting = new AbortController();
  const exited = kong.exited.then(({ code }) => {
    throw new DrainError(
      'KONG_FAILED',
      `"kong start" ended with ${String(code)}: see ${kong.logFile}`,
    );
  });
  const isReady = waitFor(
    `Kong to be ready (${kong.logFile})`,
    async () => (await httpGet(url, { timeoutMs: 1000 })).status === 200,
    { timeoutMs: START_MS, everyMs: 50, signal: waiting.signal },
  );
  await Promise.race([isReady, exited]).finally(() => waiting.abort());
}

const masterPid = (prefix: string): number =>
  Number(readFileSync(path.join(prefix, 'pids', 'nginx.pid'), 'utf8'));
