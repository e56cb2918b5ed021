/**
 * Owns the layer-4 balancer in front: HAProxy, steered by its runtime API as a cloud's is by its API.
 * Invariant: what is asked of it is acknowledged by it, or the call rejects.
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { DrainError } from '../../core/errors';
import { startProcess } from '../process';
import { waitFor } from '../wait';

export interface Balancer {
  /** `drain`: no new connection to that server, those that stand go on. */
  setState(server: string, state: 'drain' | 'ready'): Promise<void>;
  /** Connections of clients to that server. */
  sessions(server: string): Promise<number>;
  /** Until its own health check finds the server up. Rejects with `TIMEOUT` (15 s). */
  untilUp(server: string): Promise<void>;
  kill(): Promise<void>;
}

const BACKEND = 'a';
const UP_MS = 15_000;

/** Starts HAProxy with that configuration, whose stats socket must be `socket`; resolves when all servers are up. */
export async function startBalancer(options: {
  readonly dir: string;
  readonly conf: string;
  readonly socket: string;
  readonly servers: readonly string[];
}): Promise<Balancer> {
  const { dir, conf, socket, servers } = options;
  const file = path.join(dir, 'haproxy.cfg');
  writeFileSync(file, conf);
  const haproxy = startProcess({
    name: 'balancer',
    command: 'haproxy',
    args: ['-db', '-f', file],
    logFile: path.join(dir, 'haproxy.log'),
  });

  const statistics = async (server: string): Promise<Readonly<Record<string, string>>> => {
    const [header = '', ...rows] = (await order(socket, `show stat ${BACKEND} 4 -1`))
      .replace(/^# /, '')
      .split('\n')
      .filter((line) => line !== '');
    const names = header.split(',');
    const row = rows.map((line) => line.split(',')).find(([, name]) => name === server);
    if (!row) throw new DrainError('NO_SUCH_SERVER', `the balancer has no server ${server}`);
    return Object.fromEntries(names.map((name, index) => [name, row[index] ?? '']));
  };
  const untilUp = async (server: string): Promise<void> => {
    const isUp = async (): Promise<boolean> => (await statistics(server))['status'] === 'UP';
    await waitFor(`${server} to be up (${haproxy.logFile})`, isUp, { timeoutMs: UP_MS });
  };
  const kill = async (): Promise<void> => {
    await haproxy.stop({ signal: 'SIGKILL' });
  };

  try {
    await Promise.all(servers.map(untilUp));
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    setState: async (server, state) => {
      const answer = await order(socket, `set server ${BACKEND}/${server} state ${state}`);
      if (answer.trim() !== '') throw new DrainError('BALANCER_REFUSED', answer.trim());
    },
    sessions: async (server) => Number((await statistics(server))['scur']),
    untilUp,
    kill,
  };
}

/** One command of the runtime API and its whole answer (HAProxy management guide, 9.3). */
function order(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const connection = connect(socket);
    connection.write(`${command}\n`);
    connection
      .setEncoding('utf8')
      .on('data', (text: string) => (answer += text))
      .on('error', reject)
      .on('end', () => resolve(answer));
  });
}
