/** Owns clients that keep the cookie they are given. Invariant: each asks its own gateway, one request after the other. */
import http from 'node:http';
import type { Gateway } from '../../../harness/gateway/gateway';
import type { Answer } from '../support/request';

/** One pod after the other, as the client was answered. */
export interface Stay {
  readonly pod: string;
  /** When its first and its last request there began, performance.now(). */
  readonly firstMs: number;
  lastMs: number;
}

export interface Session {
  readonly gateway: Gateway;
  readonly cookie: string;
  readonly stays: Stay[];
}

/** One request on a connection that is kept; the pod that answered, and all of the answer. */
export type Asked = Answer & { readonly pod: string };

export class Sessions {
  readonly all: Session[] = [];
  readonly failures: string[] = [];
  private readonly agent = new http.Agent({ keepAlive: true });
  private running = true;
  private loops: Promise<void>[] = [];

  /** Begins so many sessions, over the gateways by turns. */
  async begin(count: number, gateways: readonly Gateway[]): Promise<void> {
    for (let i = 0; i < count; i++) {
      const gateway = gateways[i % gateways.length]!;
      const { headers, pod } = await this.ask(gateway.proxyUrl);
      const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
      const nowMs = performance.now();
      this.all.push({ gateway, cookie, stays: [{ pod, firstMs: nowMs, lastMs: nowMs }] });
    }
  }

  /** Every session asks again and again, with so many ms between, until `end`. */
  run(pauseMs: number): void {
    this.loops = this.all.map(async (session) => {
      while (this.running) {
        await this.once(session);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    });
  }

  async end(): Promise<void> {
    this.running = false;
    await Promise.all(this.loops);
    this.agent.destroy();
  }

  async ask(url: string, cookie?: string): Promise<Asked> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const headers = cookie === undefined ? {} : { cookie };
      const request = http.get(`${url}/headers`, { agent: this.agent, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      });
      request.on('error', reject);
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
    return { ...answer, pod: (JSON.parse(answer.body) as { pod: string }).pod };
  }

  private async once({ gateway, cookie, stays }: Session): Promise<void> {
    const beganMs = performance.now();
    try {
      const { pod, headers } = await this.ask(gateway.proxyUrl, cookie);
      if (headers['set-cookie']) this.failures.push('a second cookie');
      const stay = stays.at(-1)!;
      if (stay.pod === pod) stay.lastMs = beganMs;
      else stays.push({ pod, firstMs: beganMs, lastMs: beganMs });
    } catch (error) {
      this.failures.push(String(error));
    }
  }
}
