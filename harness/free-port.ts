/**
 * Owns the choice of free TCP ports. Invariant: no port twice in this process, and none from the system's own range
 * for outgoing connections, which could take it again before the server is up.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DrainError } from '../core/errors';

const FIRST = 10_240;
/** Linux hands out 32768–60999 by default (net.ipv4.ip_local_port_range). */
const COUNT = 32_768 - FIRST;
const TRIES = 200;

const given = new Set<number>();

/** A port that is free on that address now. Throws `NO_FREE_PORT` after 200 tries. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port) || !(await isFree(host, port))) continue;
    given.add(port);
    return port;
  }
  throw new DrainError('NO_FREE_PORT', `found no free port on ${host}: what listens there?`);
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer().listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
