/** Owns a real Redis on loopback. Invariant: it keeps nothing on disk unless asked, and answers before it is handed out. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { freePort } from './free-port';
import { startProcess, type HarnessProcess } from './process';
import { waitFor } from './wait';

export interface RedisOptions {
  /** A free one if left out; give it to start again at the same place. */
  readonly port?: number;
  readonly dir: string;
  /** More of redis-server's arguments, such as `['--appendonly', 'yes']`. */
  readonly args?: readonly string[];
}

export interface HarnessRedis extends HarnessProcess {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

/** Starts redis-server and resolves when it answers PING. Throws `CANNOT_START` or `TIMEOUT`. */
export async function startRedis({ port, dir, args = [] }: RedisOptions): Promise<HarnessRedis> {
  const host = '127.0.0.1';
  const chosen = port ?? (await freePort(host));
  mkdirSync(dir, { recursive: true });
  const redis = startProcess({
    name: `redis:${chosen}`,
    command: 'redis-server',
    args: ['--port', String(chosen), '--bind', host, '--dir', dir, '--save', '', ...args],
    logFile: path.join(dir, 'redis.log'),
  });
  await waitFor(`Redis on port ${chosen} (${redis.logFile})`, () => answersPing(host, chosen));
  return { ...redis, url: `redis://${host}:${chosen}`, host, port: chosen };
}

/** Any answer line will do: with a password it is an error, and still an answer. */
async function answersPing(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    socket.write('PING\r\n');
    const [data] = (await once(socket, 'data', { signal: AbortSignal.timeout(500) })) as [Buffer];
    return /^[+-]/.test(data.toString());
  } finally {
    socket.destroy();
  }
}
