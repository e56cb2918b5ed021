/**
 * Owns the way in: one address for all clients, an HTTP balancer in front of whatever gateways there are.
 * Invariant: it sends a gateway a request on a connection of its own, so that a gateway that closes idle connections, as
 * nginx does when it quits or reloads, loses none by that alone.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DrainError } from '../../core/errors';
import { startBalancer } from '../balancer';
import { freePort } from '../free-port';
import type { Gateway } from '../gateway/gateway';

export interface Entrance {
  readonly url: string;
  /** Requests go there too from now on. */
  add(gateway: Gateway): Promise<void>;
  /** No new request goes there; those under way go on. */
  drain(gateway: Gateway): Promise<void>;
  /** After its end. */
  remove(gateway: Gateway): Promise<void>;
  kill(): Promise<void>;
}

const HOST = '127.0.0.1';
const BACKEND = 'gateways';

/** Starts it for at most so many gateways at once, none of them there yet. */
export async function startEntrance(dir: string, places: number): Promise<Entrance> {
  const listen = `${HOST}:${await freePort(HOST)}`;
  const socket = path.join(dir, 'admin.sock');
  mkdirSync(dir, { recursive: true });
  const free = Array.from({ length: places }, (_, index) => `gateway${index + 1}`);
  const taken = new Map<Gateway, string>();
  const balancer = await startBalancer({
    ...{ dir, socket, backend: BACKEND, servers: [] },
    conf: configuration(listen, socket, free),
  });
  const serverOf = (gateway: Gateway): string => {
    const server = taken.get(gateway);
    if (server === undefined) throw new DrainError('NO_SUCH_SERVER', `${gateway.name} is not in`);
    return server;
  };
  return {
    url: `http://${listen}`,
    add: async (gateway) => {
      const server = free.shift();
      if (server === undefined) throw new DrainError('NO_PLACE', 'more gateways than places');
      taken.set(gateway, server);
      const { hostname, port } = new URL(gateway.proxyUrl);
      await balancer.setPlace(server, hostname, port);
      await balancer.setState(server, 'ready');
    },
    drain: (gateway) => balancer.setState(serverOf(gateway), 'drain'),
    remove: async (gateway) => {
      const server = serverOf(gateway);
      await balancer.setState(server, 'maint');
      taken.delete(gateway);
      free.push(server);
    },
    kill: () => balancer.kill(),
  };
}

const configuration = (listen: string, socket: string, servers: readonly string[]): string => `
global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 5m
  timeout server 5m
  option http-server-close
  retries 3
  option redispatch 1
frontend clients
  bind ${listen}
  default_backend ${BACKEND}
backend ${BACKEND}
  balance roundrobin
  http-reuse never
${servers.map((server) => `  server ${server} ${HOST}:1 disabled`).join('\n')}
`;
