/** Owns a witness between clients and a gateway. Invariant: it alters nothing, and counts every answer that it passed on. */
import http from 'node:http';
import { listen } from '../../load/misbehaving-server';

type Counts = Record<string, Record<string, number>>;

export interface Witness {
  readonly url: string;
  /** Answers by method and status; `reset-sent`: none came. */
  readonly seen: Counts;
  close(): Promise<void>;
}

/** Passes everything on to the gateway and counts what it answered, by method and status. */
export async function startWitness(gateway: string): Promise<Witness> {
  const seen: Counts = {};
  const agent = new http.Agent({ keepAlive: true });
  const server = await listen((request, response) => {
    const { method = '', url = '/', headers } = request;
    const count = (what: string): void => {
      const counts = (seen[method] ??= {});
      counts[what] = (counts[what] ?? 0) + 1;
    };
    const passed = http.request(new URL(url, gateway), { agent, method, headers }, (answer) => {
      count(String(answer.statusCode));
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => {
      if (response.headersSent) return;
      count('reset-sent');
      request.socket.resetAndDestroy();
    });
    request.pipe(passed);
  });
  return {
    ...{ url: server.url, seen },
    close: async () => {
      agent.destroy();
      await server.close();
    },
  };
}
