/**
 * Owns the emulated ClusterIP: what kube-proxy makes of a Service, as a forwarder.
 * Invariant: an endpoint is chosen when a connection is opened and never again; the connection lives on, whatever
 * becomes of the endpoint's place in the list. The endpoint sees the client's own address, and that of another pod where
 * the client has none but the machine's: to a sidecar that would be its own pod.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Endpoints } from './endpoints';
import { pick, seededRandom } from '../core/random';
import { relay, reset } from './relay';

export interface ServiceVipOptions {
  readonly host: string;
  readonly port: number;
  readonly endpoints: Endpoints;
  readonly seed?: number;
  /**
   * How often a connection that the chosen endpoint refuses is tried anew, with a new choice, before the client gets
   * a reset (default 0). In a cluster the refusal reaches Kong *before* it has sent a byte, so it retries whatever the
   * method; a forwarder has accepted by then and Kong would not repeat a POST. With the Service's `retries` here,
   * clients see what they would see in a cluster.
   */
  readonly refusedRetries?: number;
}

export interface ServiceVip {
  readonly host: string;
  readonly port: number;
  /** Connections under way. */
  connections(): number;
  /** Resets all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts to listen as soon as there is an endpoint; without one, connections are refused as kube-proxy does. */
export async function startServiceVip(options: ServiceVipOptions): Promise<ServiceVip> {
  const { host, port, endpoints, seed = 1, refusedRetries = 0 } = options;
  const random = seededRandom(seed);
  const clients = new Set<Socket>();
  let closed = false;

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on('error', () => undefined);
  server.on('connection', (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    dial(client, refusedRetries);
  });

  function dial(client: Socket, retriesLeft: number): void {
    const endpoint = pick(endpoints.ready(), random);
    const localAddress = callerAddress(client.remoteAddress);
    if (!endpoint || !localAddress) {
      reset(client);
      return;
    }
    const pod = connect({ ...endpoint, localAddress, allowHalfOpen: true, noDelay: true });
    const onClientGone = (): void => void pod.destroy();
    const onFailed = (): void => {
      client.off('close', onClientGone);
      client.off('error', onClientGone);
      if (retriesLeft > 0 && !client.destroyed) dial(client, retriesLeft - 1);
      else reset(client);
    };
    pod.once('error', onFailed);
    client.once('close', onClientGone);
    client.once('error', onClientGone);
    pod.once('connect', () => {
      pod.off('error', onFailed);
      client.off('close', onClientGone);
      client.off('error', onClientGone);
      relay(client, pod);
    });
  }

  const follow = (): void => {
    if (endpoints.ready().length > 0 && !closed) listen(server, host, port);
    else if (server.listening) server.close();
  };
  endpoints.on('change', follow);
  follow();
  if (endpoints.ready().length > 0) await once(server, 'listening');

  return {
    host,
    port,
    connections: () => clients.size,
    close: async () => {
      closed = true;
      endpoints.off('change', follow);
      for (const client of clients) reset(client);
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

const CALLER = '127.9.2.1';

function callerAddress(remote: string | undefined): string | undefined {
  return remote === '127.0.0.1' ? CALLER : remote;
}

function listen(server: Server, host: string, port: number): void {
  if (!server.listening) server.listen({ host, port, exclusive: true, backlog: 4096 });
}
