/**
 * Owns a balancer in front: HAProxy, steered by its runtime API as a cloud's is by its API.
 * Invariant: what is asked of it is acknowledged by it, or the call rejects.
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { DrainError } from '../core/errors';
import { startProcess } from './process';
import { waitFor } from './wait';

export interface Balancer {
  /** `drain`: no new connection to that server, those that stand go on. `maint`: it is not there at all. */
  setState(server: string, state: 'drain' | 'ready' | 'maint'): Promise<void>;
  /** Gives a server that is in maintenance another place. */
  setPlace(server: string, host: string, port: string): Promise<void>;
  /** Connections of clients to that server. */
  sessions(server: string): Promise<number>;
  /** Until its own health check finds the server up. Rejects with `TIMEOUT` (15 s). */
  untilUp(server: string): Promise<void>;
  kill(): Promise<void>;
}

const UP_MS = 15_000;

/** Starts HAProxy with that configuration, whose stats socket must be `socket`; resolves when all servers are up. */
export async function startBalancer(options: {
  readonly dir: string;
  readonly conf: string;
  readonly socket: string;
  readonly backend: string;
  readonly servers: readonly string[];
}): Promise<Balancer> {
  const { dir, conf, socket, backend, servers } = options;
  const file = path.join(dir, 'haproxy.cfg');
  writeFileSync(file, conf);
  const haproxy = startProcess({
    name: 'balancer',
    command: 'haproxy',
    args: ['-db', '-f', file],
    logFile: path.join(dir, 'haproxy.log'),
  });

  const statistics = async (server: string): Promise<Readonly<Record<string, string>>> => {
    const [header = '', ...rows] = (await order(socket, `show stat ${backend} 4 -1`))
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
  const set = async (server: string, change: string): Promise<void> => {
    const answer = (await order(socket, `set server ${backend}/${server} ${change}`)).trim();
    // A change of place is told of in a sentence, a change of state is not.
    if (answer !== '' && !/\bchange/.test(answer)) {
      throw new DrainError('BALANCER_REFUSED', answer);
    }
  };
  const kill = async (): Promise<void> => {
    await haproxy.stop({ signal: 'SIGKILL' });
  };

  try {
    const answers = async (): Promise<boolean> => (await order(socket, 'show info')) !== '';
    await waitFor(`the balancer (${haproxy.logFile})`, answers, { timeoutMs: UP_MS });
    await Promise.all(servers.map(untilUp));
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    setState: (server, state) => set(server, `state ${state}`),
    setPlace: (server, host, port) => set(server, `addr ${host} port ${port}`),
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
