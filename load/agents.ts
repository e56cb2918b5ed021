/**
 * Owns the clients' connections. Invariant: no request goes out on a connection that has been idle long
 * enough for the gateway to close it under the request (nginx: 75 s), which would be our fault, not its.
 */
import http from 'node:http';
import https from 'node:https';

export interface ClientConnections {
  /** Request options for a kept-alive connection to the gateway, or for a fresh one that ends with the request. */
  options(gateway: URL, fresh: boolean): http.RequestOptions;
  close(): void;
}

/** One pool of kept-alive connections for each gateway, without a limit, as the load is open loop. */
export function clientConnections(insecure: boolean, idleMs: number): ClientConnections {
  const agents = new Map<string, http.Agent>();
  const agentFor = (gateway: URL): http.Agent => {
    const known = agents.get(gateway.origin);
    if (known) return known;
    const { Agent } = gateway.protocol === 'https:' ? https : http;
    const made = new Agent({ keepAlive: true, timeout: idleMs });
    agents.set(gateway.origin, made);
    return made;
  };
  return {
    options: (gateway, fresh) => ({
      agent: fresh ? false : agentFor(gateway),
      ...(gateway.protocol === 'https:' ? { rejectUnauthorized: !insecure } : {}),
    }),
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}
