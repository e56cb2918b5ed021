/**
 * Owns a plugin server beside its gateway, and keeps it alive as Kong does: started again when it dies, but not more than
 * once a second (kong/runloop/plugin_servers/process.lua).
 */
import { endGroup, killGroup } from '../process-groups';
import { startProcess, type HarnessProcess } from '../process';
import { pluginServersOf, type PluginServerSetup } from './plugin-server';

const RESPAWN_MS = 1000;
const STOP_MS = 5000;

export class SupervisedPluginServer {
  readonly #started: HarnessProcess[] = [];
  #current: HarnessProcess | undefined;
  #respawn: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    readonly setup: PluginServerSetup,
    readonly startedBy: 'kong' | 'others',
  ) {
    this.start();
  }

  /** Starts a process that takes the place of the current one, which is left alone and no longer kept alive. */
  start(): void {
    const { env, args, logFile, startCommand } = this.setup;
    const startedMs = performance.now();
    const server = startProcess({
      name: `${this.name}/plugin-server`,
      ...(this.startedBy === 'kong'
        ? { command: '/bin/sh', args: ['-c', `exec ${startCommand}`] }
        : { command: process.execPath, args }),
      env,
      logFile,
    });
    this.#current = server;
    this.#started.push(server);
    void server.exited.then(() => {
      if (this.#current !== server) return;
      const waitMs = Math.max(0, startedMs + RESPAWN_MS - performance.now());
      this.#respawn = setTimeout(() => this.start(), waitMs);
    });
  }

  /** As on `kong reload`: the new workers' process starts while the old one still lives. */
  async replace(reloadWorkers: () => Promise<void>): Promise<void> {
    const old = this.#current;
    this.start();
    await reloadWorkers();
    if (old) await this.#end(old);
  }

  /** As when Kong's worker 0 ends: two signals to what it started, to nobody else, and no other is started. */
  async abandon(): Promise<void> {
    const abandoned = this.#current;
    this.#leave();
    abandoned?.signal('SIGTERM');
    abandoned?.signal('SIGKILL');
    await abandoned?.exited;
  }

  pids(): number[] {
    return this.#started.flatMap(({ pid }) => pluginServersOf(pid, this.setup));
  }

  /** Ends it and leaves it so. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#leave();
    await Promise.all(this.#started.map((server) => this.#end(server, signal)));
  }

  #leave(): void {
    this.#current = undefined;
    clearTimeout(this.#respawn);
  }

  async #end(server: HarnessProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (signal === 'SIGKILL') killGroup(server.pid);
    else server.signal(signal);
    await endGroup(server.pid, STOP_MS);
  }
}
