/** Owns the instances of A and B: their places on loopback and their configurations, made of the models. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { freePort } from '../free-port';
import { writeCertificate } from '../gateway/certificate';
import { httpGet } from '../http-get';
import { EdgeNginx, pathsIn } from './edge-nginx';
import { fromModel, gatewaysConf } from './models';

const HOST = '127.0.0.1';

export interface LayerA {
  readonly nginx: EdgeNginx;
  readonly listen: string;
  readonly healthPort: string;
  /** Puts a file such as `leaving` into the place of /run/edge, or takes it out. */
  readonly flag: (name: string, is: 'there' | 'gone') => void;
}

export interface LayerB {
  readonly nginx: EdgeNginx;
  readonly listen: string;
  /** The file of an A that keeps new requests from this B. */
  readonly outFlag: string;
  /** Writes gateways.conf; a reload or a start reads it. */
  readonly setGateways: (addresses: readonly string[]) => void;
}

/** Prepares the B number 1 or 2 in `dir`; it does not run yet. */
export async function prepareB(dir: string, number: 1 | 2): Promise<LayerB> {
  const port = await freePort(HOST);
  mkdirSync(dir, { recursive: true });
  const gatewaysFile = path.join(dir, 'gateways.conf');
  const { pid, errorLog } = pathsIn(dir);
  const nginx = new EdgeNginx({
    name: `b${number}`,
    dir,
    conf: fromModel('b.nginx.conf', {
      'user www-data;': 'user root;',
      '/run/nginx.pid': pid,
      '/var/log/nginx/error.log': errorLog,
      '/etc/nginx/gateways.conf;': `${gatewaysFile};`,
      'listen 8000 ': `listen ${HOST}:${port} `,
    }),
    answers: () => accepts(port),
  });
  return {
    nginx,
    listen: `${HOST}:${port}`,
    outFlag: `b${number}.out`,
    setGateways: (addresses) => writeFileSync(gatewaysFile, gatewaysConf(addresses)),
  };
}

/** Prepares the A number 1 or 2 in `dir`, before both B; it does not run yet. */
export async function prepareA(
  dir: string,
  number: 1 | 2,
  [b1, b2]: readonly [LayerB, LayerB],
): Promise<LayerA> {
  const [port, healthPort] = [await freePort(HOST), await freePort(HOST)];
  mkdirSync(dir, { recursive: true });
  const { pid, errorLog, flags, bodies } = pathsIn(dir);
  const { cert, key } = await writeCertificate(dir);
  const nginx = new EdgeNginx({
    name: `a${number}`,
    dir,
    conf: fromModel('a.nginx.conf', {
      'user www-data;': 'user root;',
      '/run/nginx.pid': pid,
      '/var/log/nginx/error.log': errorLog,
      '/var/lib/nginx/body': bodies,
      'if (-f /run/edge/': `if (-f ${flags}/`,
      '/etc/nginx/tls/edge.crt': cert,
      '/etc/nginx/tls/edge.key': key,
      '10.0.2.1:8000': b1.listen,
      '10.0.2.2:8000': b2.listen,
      'set_real_ip_from 10.0.0.0/8;': 'set_real_ip_from 127.0.0.0/8;',
      'listen 443 ': `listen ${HOST}:${port} `,
      'listen 8080;': `listen ${HOST}:${healthPort};`,
    }),
    answers: async () => {
      const health = await httpGet(`http://${HOST}:${healthPort}/healthz`, { timeoutMs: 1000 });
      return health.status === 200;
    },
  });
  return {
    nginx,
    listen: `${HOST}:${port}`,
    healthPort: String(healthPort),
    flag: (name, is) => {
      const file = path.join(flags, name);
      if (is === 'there') writeFileSync(file, '');
      else rmSync(file, { force: true });
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ host: HOST, port });
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
