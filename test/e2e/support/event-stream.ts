/**
 * Owns a client of server-sent events, as browsers have one: it comes back after the time that `retry:` last named.
 * Invariant: every connection that it had is told, with its pod and how it ended.
 */
import http from 'node:http';

export interface Connection {
  readonly pod: string;
  events: number;
  /** The last `retry:`, ms. */
  retryMs: number | undefined;
  /** `ended`: the server said so; `cut`: the connection broke. */
  end: 'open' | 'ended' | 'cut';
}

export interface EventStream {
  readonly connections: readonly Connection[];
  /** What came in place of a stream: statuses, and errors of the connection. */
  readonly failures: readonly string[];
  close(): void;
}

const DEFAULT_RETRY_MS = 3000;

export function eventStream(url: string): EventStream {
  const connections: Connection[] = [];
  const failures: string[] = [];
  let closed = false;
  let request: http.ClientRequest | undefined;
  let timer: NodeJS.Timeout | undefined;

  const again = (afterMs: number): void => {
    if (!closed) timer = setTimeout(open, afterMs);
  };
  const open = (): void => {
    let isAnswered = false;
    request = http.get(url, { agent: false, headers: { accept: 'text/event-stream' } });
    request.on('error', (error) => {
      if (closed || isAnswered) return;
      failures.push(error.message);
      again(DEFAULT_RETRY_MS);
    });
    request.on('response', (response) => {
      isAnswered = true;
      if (response.statusCode !== 200) {
        failures.push(String(response.statusCode));
        response.resume();
        return;
      }
      const connection: Connection = {
        ...({ pod: String(response.headers['x-pod']), events: 0, end: 'open' } as const),
        retryMs: undefined,
      };
      connections.push(connection);
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line.startsWith('data:')) connection.events += 1;
          if (line.startsWith('retry:')) connection.retryMs = Number(line.slice(6));
        }
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        connection.end = response.complete ? 'ended' : 'cut';
        again(connection.retryMs ?? DEFAULT_RETRY_MS);
      });
    });
  };
  open();
  return {
    connections,
    failures,
    close: () => {
      closed = true;
      clearTimeout(timer);
      request?.destroy();
    },
  };
}
