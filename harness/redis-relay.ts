/** Owns a way to Redis that can be cut. Invariant: what is not cut passes as it is. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { relay, reset } from './relay';

export interface RedisRelay {
  readonly url: string;
  /** Resets every connection that there is; new ones pass. */
  cut(): void;
  /** Cuts, and refuses new ones until `open`. */
  block(): void;
  open(): void;
  close(): Promise<void>;
}

/** Relays to Redis on that loopback port, which need not be there yet. */
export async function startRedisRelay(port: number): Promise<RedisRelay> {
  const clients = new Set<Socket>();
  let isBlocked = false;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on('connection', (client) => {
    client.on('error', () => undefined);
    if (isBlocked) {
      reset(client);
      return;
    }
    clients.add(client);
    client.on('close', () => clients.delete(client));
    const redis = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
    redis.once('connect', () => relay(client, redis));
    redis.on('error', () => void client.destroy());
    client.on('close', () => void redis.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = (): void => {
    for (const client of clients) reset(client);
  };
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    block: () => {
      isBlocked = true;
      cut();
    },
    open: () => (isBlocked = false),
    close: async () => {
      isBlocked = true;
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
