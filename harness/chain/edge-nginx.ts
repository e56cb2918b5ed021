/**
 * Owns one nginx in front of the gateways (an A or a B): started, quit and started anew at the same address.
 * Invariant: it runs what its configuration file holds at the moment, in the foreground, in a group of its own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { groupPids } from '../process-groups';
import { startProcess, type HarnessProcess } from '../process';
import { childrenOf } from '../standin/processes';
import { waitFor } from '../wait';

export interface EdgeNginxOptions {
  readonly name: string;
  readonly dir: string;
  /** The text of its nginx.conf. */
  readonly conf: string;
  /** Whether it serves. */
  readonly answers: () => Promise<boolean>;
}

const READY_MS = 15_000;

/** Where the processes of `dir` leave what Debian has in /run, /var/log and /var/lib/nginx. */
export const pathsIn = (dir: string) => ({
  pid: path.join(dir, 'nginx.pid'),
  errorLog: path.join(dir, 'error.log'),
  flags: path.join(dir, 'edge'),
  bodies: path.join(dir, 'body'),
});

export class EdgeNginx {
  readonly name: string;
  #process: HarnessProcess | undefined;

  constructor(private readonly options: EdgeNginxOptions) {
    this.name = options.name;
    mkdirSync(pathsIn(options.dir).flags, { recursive: true });
    writeFileSync(this.#conf, options.conf);
  }

  get #conf(): string {
    return path.join(this.options.dir, 'nginx.conf');
  }

  /** Resolves when it serves. Rejects with `TIMEOUT` and its log's place. */
  async start(): Promise<void> {
    const { name, dir, answers } = this.options;
    const { errorLog } = pathsIn(dir);
    this.#process = startProcess({
      name,
      command: 'nginx',
      args: ['-p', dir, '-c', this.#conf, '-e', errorLog, '-g', 'daemon off;'],
      logFile: path.join(dir, 'nginx.log'),
    });
    await waitFor(`${name} to serve (${errorLog})`, answers, { timeoutMs: READY_MS });
  }

  /** As `nginx -s reload`; resolves when new workers have taken over. */
  async reload(): Promise<void> {
    const old = this.#workers();
    this.#process?.signal('SIGHUP');
    const areNew = (): boolean => {
      const now = this.#workers();
      return now.length >= old.length && !now.some((pid) => old.includes(pid));
    };
    await waitFor(`${this.name}'s new workers`, areNew, { timeoutMs: READY_MS });
  }

  /** As `nginx -s quit`; what still lives after `timeoutMs` is killed. */
  async quit(timeoutMs: number): Promise<void> {
    await this.#process?.stop({ signal: 'SIGQUIT', timeoutMs });
  }

  async kill(): Promise<void> {
    await this.#process?.stop({ signal: 'SIGKILL' });
  }

  /** Master and workers, those included that a reload left to finish. */
  pids(): number[] {
    return this.#process ? groupPids(this.#process.pid) : [];
  }

  #workers(): number[] {
    return childrenOf(this.#process?.pid ?? 0)
      .filter(({ title }) => title.includes('worker process') && !title.includes('shutting down'))
      .map(({ pid }) => pid);
  }
}
