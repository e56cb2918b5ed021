/** Owns the console under test: started in this process, its events read as a page reads them, its model kept as the page's. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import {
  applyChange,
  poolsOf,
  rejoined,
  withNewer,
  type PoolModel,
} from '../../../cli/console/page/model';
import type {
  Events,
  Past,
  RegistryState,
  Sample,
  WireDrain,
} from '../../../cli/console/page/wire';
import { repositoryRoot } from '../../../harness/repository';
import { onCleanUp } from '../../registry/redis';
import { cli, type Ran } from '../run';

export const TOKEN = 'a-token-of-some-length';

export interface RunningConsole {
  readonly url: string;
  /** What it has told on stderr. */
  told(): string;
  /** Ends it, as Ctrl-C does. */
  stop(): Promise<Ran>;
}

export async function startConsole(...args: readonly string[]): Promise<RunningConsole> {
  const interrupt = new AbortController();
  let ran: Promise<Ran> | undefined;
  let told = '';
  const url = await new Promise<string>((resolve, reject) => {
    ran = cli(['console', '--listen', '127.0.0.1:0', '-o', 'json', ...args], {
      signal: interrupt.signal,
      onErr: (text) => (told += text),
      onOut: (text) => resolve((JSON.parse(text) as { url: string }).url),
    });
    void ran.then(({ code, err }) => reject(new Error(`it ended with ${code}: ${err}`)));
  });
  const stop = async (): Promise<Ran> => {
    interrupt.abort();
    return ran!;
  };
  onCleanUp(stop);
  return { url, stop, told: () => told };
}

/** A page without a browser: what it has been told, as the page's own model has it. */
export class Page {
  pools = new Map<string, PoolModel>();
  past: Past = { drains: [], older: false };
  samples: Sample[] = [];
  registry: RegistryState = { reachable: true };
  orders = false;
  /** Every event, by name, in the order in which they came. */
  readonly heard: (keyof Events)[] = [];
  /** How long each event's data was, by name. */
  readonly bytes: Partial<Record<keyof Events, number[]>> = {};
  /** State of each target's life, as it went from one to the next. */
  readonly courses = new Map<string, string[]>();
  ended = false;

  get drains(): readonly WireDrain[] {
    return this.past.drains;
  }

  constructor(url: string) {
    const request = http.get(`${url}/api/events`, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const blocks = `${rest}${text}`.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#hear(block);
      });
      response.on('close', () => (this.ended = true));
    });
    request.on('error', () => (this.ended = true));
    onCleanUp(() => request.destroy());
  }

  #hear(block: string): void {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
    if (name === undefined || data === undefined) return;
    this.heard.push(name as keyof Events);
    (this.bytes[name as keyof Events] ??= []).push(data.length);
    this.#take(name as keyof Events, JSON.parse(data) as never);
    for (const { targets } of this.pools.values()) {
      for (const { target, state } of targets.values()) {
        const course = this.courses.get(target) ?? [];
        if (course.at(-1) !== state) this.courses.set(target, [...course, state]);
      }
    }
  }

  #take<Name extends keyof Events>(name: Name, data: Events[Name]): void {
    const takes: { [One in keyof Events]: (told: Events[One]) => void } = {
      whole: (whole) => {
        this.pools = poolsOf(whole);
        this.past = rejoined(this.past, whole);
        this.registry = whole.registry;
        this.orders = whole.orders;
        this.samples = [...whole.samples];
      },
      change: (change) => applyChange(this.pools, change),
      drains: (drains) => (this.past = withNewer(this.past, drains)),
      sample: (sample) => this.samples.push(sample),
      registry: (state) => (this.registry = state),
    };
    takes[name](data);
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A request with any headers, also such as a browser would not send. */
export function ask(
  url: string,
  { method = 'GET', headers = {}, body = '' } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    request.on('error', reject).end(body);
  });
}

export function order(url: string, body: object, headers: http.OutgoingHttpHeaders = {}) {
  return ask(`${url}/api/orders`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-kong-drain': 'console',
      authorization: `Bearer ${TOKEN}`,
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

export function pageFile(name: string): string {
  return readFileSync(path.join(repositoryRoot, 'cli/console/page', name), 'utf8');
}
