/** Owns WebSockets through a gateway that stay open: requests in flight whose pod is known. */
import type { V1Pod } from '@kubernetes/client-node';
import { once } from 'node:events';
import WebSocket from 'ws';
import { waitFor } from '../../../harness/wait';
import { inflightOf, nameOf } from './example';
import { stage } from './facts';

export interface Held {
  readonly pod: string;
  readonly isOpen: () => boolean;
  readonly close: () => Promise<void>;
}

/** Opens one; by the runtimes' own counts it is known at which of the pods. Nobody else may open any meanwhile. */
export async function holdOpen(pods: readonly V1Pod[]): Promise<Held> {
  const count = () => Promise.all(pods.map(async (pod) => (await inflightOf(pod)).websockets));
  const before = await count();
  const url = new URL('/ws', stage().gateways[0]);
  url.protocol = 'ws:';
  const socket = new WebSocket(url);
  socket.on('error', () => undefined); // 'close' follows
  await once(socket, 'open', { signal: AbortSignal.timeout(10_000) });
  const find = async (): Promise<V1Pod | undefined> => {
    const after = await count();
    return pods.find((_, index) => (after[index] ?? 0) > (before[index] ?? 0));
  };
  const pod = await waitFor('the pod of a WebSocket', find);
  return {
    pod: nameOf(pod),
    isOpen: () => socket.readyState === WebSocket.OPEN,
    close: async () => {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
      socket.close();
      await closed;
    },
  };
}
