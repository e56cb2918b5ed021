// Owns one stand-in gateway: Debian's nginx as a child process in the foreground, in a prefix of its own.
// Invariant: the child's pid is the master's, and no process outlives stop() or kill(). Never touches /etc/nginx.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Declarative } from './declarative';
import { nginxConf, type NginxOptions } from './nginx-conf';
import { childrenOf } from './processes';

export interface StandInOptions extends NginxOptions {
  /** Folder of nginx.conf, config.json, logs/ and tmp/; created if missing. */
  prefix: string;
  declarative: Declarative;
  /** Lua plugins to load besides the bundled ones (KONG_PLUGINS); `['drain']` unless told. */
  plugins?: string[];
  /** The external plugin server: its socket, and the JSON its `--dump` printed. */
  pluginServer?: { socket: string; dump: string };
  /** The Kong that it says it is, `3.9.3` unless told. What it does is 3.9 in any case. */
  version?: string;
  /** Host names the gateway can resolve, beyond /etc/hosts. */
  hosts?: Record<string, string[]>;
}

export interface StandIn {
  /** The nginx master. */
  readonly pid: number;
  readonly prefix: string;
  readonly errorLog: string;
  /** Pids of the workers that take new connections. */
  workers(): number[];
  /** Like `kong reload`: resolves when only workers with the new configuration accept connections. */
  reload(declarative?: Declarative): Promise<void>;
  /** Graceful: SIGQUIT, waits for running requests; else SIGTERM. After `deadlineMs` (10 s) everything is killed. */
  stop(graceful?: boolean, deadlineMs?: number): Promise<void>;
  /** SIGKILL to master and workers at once, as when a node dies. */
  kill(): Promise<void>;
}

/** nginx did not start, or did not take a new configuration; the message holds the end of its error log. */
export class StandInError extends Error {
  readonly code = 'STANDIN_FAILED';
}

const BUNDLED = ['key-auth', 'pre-function', 'request-termination'];
const START_DEADLINE_MS = 15_000;
const POLL_MS = 20;
const LOG_TAIL_CHARS = 2_000;
const SHUTTING_DOWN = /shutting down/;

async function until(condition: () => boolean | Promise<boolean>, deadlineMs: number) {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await delay(POLL_MS);
  }
  return true;
}

function statusGeneration(listen: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(`http://${listen}/status`, { agent: false, timeout: 1_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        resolve((JSON.parse(body) as { generation: number }).generation);
      });
    });
    request.on('error', () => {
      resolve(undefined);
    });
    request.on('timeout', () => {
      request.destroy();
    });
  });
}

function writeConfig(options: StandInOptions, declarative: Declarative, generation: number) {
  const file = {
    ...declarative,
    generation,
    ...(options.version === undefined ? {} : { version: options.version }),
    hosts: options.hosts ?? {},
    load: [...BUNDLED, ...(options.plugins ?? ['drain'])],
    external: options.pluginServer,
  };
  writeFileSync(path.join(options.prefix, 'config.json'), JSON.stringify(file, null, 2));
}

function exited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Writes the prefix, starts nginx and resolves once it answers on the status listener (15 s at most). */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { prefix, statusListen } = options;
  const errorLog = path.join(prefix, 'logs', 'error.log');
  const confFile = path.join(prefix, 'nginx.conf');
  let generation = 1;
  let current = options.declarative;

  mkdirSync(path.join(prefix, 'logs'), { recursive: true });
  mkdirSync(path.join(prefix, 'tmp'), { recursive: true });
  writeFileSync(confFile, nginxConf(options, prefix, path.join(__dirname, 'lua')));
  writeConfig(options, options.declarative, generation);

  const child = spawn('nginx', ['-p', prefix, '-c', confFile, '-e', errorLog], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a process group of its own: master and workers can be killed together
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-LOG_TAIL_CHARS);
  });
  child.on('error', (cause) => {
    stderr += String(cause);
  });

  const failure = (what: string) => {
    const log = existsSync(errorLog) ? readFileSync(errorLog, 'utf8').slice(-LOG_TAIL_CHARS) : '';
    return new StandInError(`${what}: ${stderr}\n${log}`);
  };
  const pid = child.pid;
  if (pid === undefined) {
    throw failure('nginx is not there: apt-get install nginx-light libnginx-mod-http-lua');
  }

  const serving = async (wanted: number) => (await statusGeneration(statusListen)) === wanted;
  const workers = () =>
    childrenOf(pid)
      .filter(({ title }) => title.includes('worker process') && !SHUTTING_DOWN.test(title))
      .map((worker) => worker.pid);
  const kill = async () => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // the whole group is gone already
    }
    await until(() => exited(child), START_DEADLINE_MS);
  };

  const started = await until(() => exited(child) || serving(generation), START_DEADLINE_MS);
  if (!started || exited(child)) {
    await kill();
    throw failure('the stand-in gateway did not start');
  }

  return {
    pid,
    prefix,
    errorLog,
    workers,
    kill,
    async reload(declarative = current) {
      generation += 1;
      current = declarative;
      const before = workers();
      writeConfig(options, declarative, generation);
      child.kill('SIGHUP');
      const taken = await until(
        async () =>
          (await serving(generation)) && workers().every((worker) => !before.includes(worker)),
        START_DEADLINE_MS,
      );
      if (!taken) throw failure('the stand-in gateway did not take the new configuration');
    },
    async stop(graceful = true, deadlineMs = 10_000) {
      if (exited(child)) return;
      child.kill(graceful ? 'SIGQUIT' : 'SIGTERM');
      if (!(await until(() => exited(child), deadlineMs))) await kill();
    },
  };
}
