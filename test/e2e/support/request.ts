/** Owns single requests that a test steers: body piece by piece, abort at any point. Invariant: nothing is retried here. */
import http from 'node:http';
import https from 'node:https';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly localAddress?: string;
}

export interface OpenRequest {
  /** Rejects when the connection ends before the whole answer. */
  readonly answer: Promise<Answer>;
  /** Resolves when the server reads the body; with the header `expect: 100-continue` only. */
  readonly continued: Promise<void>;
  /** Resolves with the first bytes of the answer's body. */
  readonly firstBytes: Promise<void>;
  send(bytes: string | Buffer): void;
  end(bytes?: string | Buffer): void;
  abort(): void;
}

/** Begins a request on a connection of its own; its header is sent at once, its body by `send` and `end`. */
export function begin(url: string, options: RequestOptions = {}): OpenRequest {
  const { request: open } = url.startsWith('https:') ? https : http;
  const request = open(url, {
    ...options,
    agent: false,
    ...(url.startsWith('https:') ? { rejectUnauthorized: false } : {}),
  });
  const continued = new Promise<void>((resolve) => request.on('continue', resolve));
  let isBegun: () => void = () => undefined;
  const firstBytes = new Promise<void>((resolve) => (isBegun = resolve));
  const answer = new Promise<Answer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        isBegun();
      });
      response.on('error', reject);
      response.on('close', () => {
        if (!response.complete) reject(new Error('cut in the answer'));
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
  });
  answer.catch(() => undefined); // an aborted request has none
  request.flushHeaders();
  return {
    answer,
    continued,
    firstBytes,
    send: (bytes) => void request.write(bytes),
    end: (bytes) => void request.end(bytes),
    abort: () => void request.destroy(),
  };
}

/** One whole request. */
export function ask(
  url: string,
  options: RequestOptions & { body?: string } = {},
): Promise<Answer> {
  const request = begin(url, options);
  request.end(options.body);
  return request.answer;
}
