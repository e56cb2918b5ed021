/** Owns the question to a runtime: for how long does it keep an idle connection? */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { messageOf } from '../../../core/errors';
import type { RuntimeEvidence } from '../evidence';
import { get } from './get';

/** Asks once, then watches the idle connection for `observeMs`. Never rejects. */
export async function askRuntime(url: string, observeMs: number): Promise<RuntimeEvidence> {
  const { Agent } = url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { headers } = await get(url, agent);
    const idleSinceMs = performance.now();
    const said = /timeout=(\d+)/.exec(String(headers['keep-alive'] ?? ''))?.[1];
    const socket = Object.values(agent.freeSockets).flat()[0];
    const isClosed = headers.connection === 'close' || (await closes(socket, observeMs));
    return {
      url,
      ...(said === undefined ? {} : { saidKeepAliveMs: Number(said) * 1000 }),
      ...(isClosed ? { closedAfterMs: performance.now() - idleSinceMs } : {}),
    };
  } catch (error) {
    return { url, failure: messageOf(error) };
  } finally {
    agent.destroy();
  }
}

function closes(socket: Socket | undefined, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    socket?.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
