/**
 * Owns a plugin server that Kong does not start itself, and keeps it alive as Kong would: started again when it dies,
 * but not more than once a second (kong/runloop/plugin_servers/process.lua).
 */
import { startProcess, type HarnessProcess } from '../process';
import type { PluginServerSetup } from './plugin-server';

const RESPAWN_MS = 1000;

export class SupervisedPluginServer {
  readonly #live = new Set<HarnessProcess>();
  #current: HarnessProcess | undefined;
  #respawn: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    readonly setup: PluginServerSetup,
  ) {
    this.start();
  }

  /** Starts a process that takes the place of the current one, which is left alone and no longer kept alive. */
  start(): void {
    const { env, args, logFile } = this.setup;
    const startedMs = performance.now();
    const server = startProcess({
      name: `${this.name}/plugin-server`,
      command: process.execPath,
      args,
      env,
      logFile,
    });
    this.#current = server;
    this.#live.add(server);
    void server.exited.then(() => {
      this.#live.delete(server);
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
    await old?.stop();
  }

  pids(): number[] {
    return [...this.#live].map(({ pid }) => pid);
  }

  /** Ends it and leaves it so. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#current = undefined;
    clearTimeout(this.#respawn);
    await Promise.all([...this.#live].map((server) => server.stop({ signal, timeoutMs: 5000 })));
  }
}
