// Owns a spawned example runtime and its clients. Invariant: what a test started is gone after `stopAll`.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '../..');
const source = join(root, 'example/rt');
const compiled = join(root, 'dist/example/rt');
const running = new Set<Runtime>();

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly agent?: http.Agent;
  readonly servername?: string;
}

export class Runtime {
  readonly logs: { msg: string; [field: string]: unknown }[] = [];
  readonly #process: ChildProcess;
  readonly #encrypted: boolean;
  /** Exit code and signal, once the process is gone. */
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;

  constructor(env: Readonly<Record<string, string>>) {
    this.#encrypted = env.RT_HTTPS === '1';
    this.#process = spawn(process.execPath, [join(compiled, 'main.js')], {
      env: { PATH: process.env.PATH, RT_LISTEN: '127.0.0.1:0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.exited = once(this.#process, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    createInterface(this.#process.stdout!).on('line', (line) =>
      this.logs.push(JSON.parse(line) as (typeof this.logs)[number]),
    );
    running.add(this);
  }

  get port(): number {
    return this.logs.find(({ msg }) => msg === 'listening')?.port as number;
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await this.exited;
    }
  }

  /** Resolves when a line with this text, or a text that it begins with, is in the log. */
  logged(text: string) {
    return until(`log "${text}"`, () => this.logs.find(({ msg }) => msg.startsWith(text)));
  }

  /** Begins a request; the caller writes and ends the body. */
  open(path: string, options: RequestOptions = {}): http.ClientRequest {
    const where = { host: '127.0.0.1', port: this.port, path, agent: false as const, ...options };
    return this.#encrypted
      ? https.request({ ...where, rejectUnauthorized: false })
      : http.request(where);
  }

  send(path: string, options: RequestOptions & { body?: Buffer | string } = {}): Promise<Answer> {
    const { body, ...rest } = options;
    const request = this.open(path, rest);
    const answer = answerTo(request);
    request.end(body);
    return answer;
  }

  /** The answer's JSON; fails unless the status is 200. */
  async json(path: string, options: RequestOptions & { body?: Buffer | string } = {}) {
    const { status, text } = await this.send(path, options);
    expect({ status, text }).toMatchObject({ status: 200 });
    return JSON.parse(text) as Record<string, unknown>;
  }
}

/** Starts a runtime from dist and waits until it listens. Fails if dist is older than the source. */
export async function startRuntime(env: Readonly<Record<string, string>> = {}): Promise<Runtime> {
  for (const file of readdirSync(source)) {
    const built = statSync(join(compiled, file.replace(/\.ts$/, '.js')), { throwIfNoEntry: false });
    if (!built || built.mtimeMs < statSync(join(source, file)).mtimeMs) {
      throw new Error(`dist/example/rt is older than example/rt/${file}: run npm run build`);
    }
  }
  const runtime = new Runtime(env);
  await Promise.race([runtime.logged('listening'), failAtExit(runtime)]);
  return runtime;
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((runtime) => runtime.kill()));
  running.clear();
}

/** The whole answer; rejects if the connection ends before it. */
export async function answerTo(request: http.ClientRequest): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode!, headers: response.headers, text };
}

/** Polls until `look` gives something truthy; fails after ten seconds. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + 10_000;
  while (performance.now() < deadlineMs) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited 10 s in vain for: ${what}`);
}

async function failAtExit(runtime: Runtime): Promise<never> {
  throw new Error(`the runtime ended early: ${String(await runtime.exited)}`);
}
