/** Owns a client's slow connection: a relay that lets so many bytes per second through, and answers at once. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface SlowLink {
  readonly url: string;
  close(): Promise<void>;
}

/** A link to `target` (http). Invariant: what one end closes or resets is closed at the other. */
export async function slowLink(target: string, bytesPerSecond: number): Promise<SlowLink> {
  const { hostname: host, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const gateway = connect({ host, port: Number(port) });
    for (const [one, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    gateway.pipe(client);
    void trickle(client, gateway, bytesPerSecond).catch(() => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function trickle(from: Socket, to: Socket, bytesPerSecond: number): Promise<void> {
  const startMs = performance.now();
  let bytes = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    const aheadMs = (bytes / bytesPerSecond) * 1000 - (performance.now() - startMs);
    if (aheadMs > 1) await delay(aheadMs);
    if (!to.write(chunk)) await once(to, 'drain');
  }
  to.end();
}
