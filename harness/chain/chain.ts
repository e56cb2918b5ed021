/**
 * Owns the whole chain in front of a fleet: balancer → A ×2 → B ×2 → the fleet's gateways.
 * Invariant: it is handed out serving, or not at all; what it started is gone when `stop()` resolves.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../free-port';
import type { Gateway } from '../gateway/gateway';
import { httpGet } from '../http-get';
import type { Fleet } from '../running-fleet';
import { waitFor } from '../wait';
import { startBalancer, type Balancer } from '../balancer';
import { prepareA, prepareB, type LayerA, type LayerB } from './layers';
import { fromModel } from './models';

export interface Chain {
  readonly fleet: Fleet;
  /** Where clients connect: TLS, with a certificate that nobody knows. */
  readonly url: string;
  readonly balancer: Balancer;
  readonly a: readonly [LayerA, LayerA];
  readonly b: readonly [LayerB, LayerB];
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/** `host:port` at which a gateway takes the connections of B. */
export const gatewayListen = ({ proxyUrl }: Pick<Gateway, 'proxyUrl'>): string =>
  new URL(proxyUrl).host;

/** Puts the chain in front of the fleet's gateways, two or more; resolves when a request comes through. */
export async function startChain(fleet: Fleet): Promise<Chain> {
  const dir = path.join(fleet.dir, 'chain');
  const inDir = (name: string): string => path.join(dir, name);
  const b = [await prepareB(inDir('b1'), 1), await prepareB(inDir('b2'), 2)] as const;
  const a = [await prepareA(inDir('a1'), 1, b), await prepareA(inDir('a2'), 2, b)] as const;
  const instances = [...b, ...a].map(({ nginx }) => nginx);
  let balancer: Balancer | undefined;
  const stop = async (): Promise<void> => {
    await balancer?.kill();
    await Promise.all(instances.map((nginx) => nginx.kill()));
  };

  try {
    for (const { setGateways } of b) setGateways(fleet.gateways.map(gatewayListen));
    for (const nginx of instances) await nginx.start();
    const listen = `${HOST}:${await freePort(HOST)}`;
    balancer = await startBalancer(balancerOptions(inDir('balancer'), listen, a));
    const url = `https://${listen}`;
    await waitFor(
      `${url} to answer through the whole chain`,
      async () => (await httpGet(`${url}/health`, { timeoutMs: 2000 })).status === 200,
    );
    return { fleet, url, balancer, a, b, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function balancerOptions(dir: string, listen: string, [a1, a2]: readonly [LayerA, LayerA]) {
  const socket = path.join(dir, 'admin.sock');
  mkdirSync(dir, { recursive: true });
  return {
    dir,
    socket,
    backend: 'a',
    servers: [a1.nginx.name, a2.nginx.name],
    conf: fromModel('balancer.haproxy.cfg', {
      '  user haproxy\n  group haproxy\n': '',
      'socket /run/haproxy/admin.sock': `socket ${socket}`,
      'bind 10.0.0.1:443': `bind ${listen}`,
      'check port 8080 ': 'check ',
      'server a1 10.0.1.1:443': `server a1 ${a1.listen} port ${a1.healthPort}`,
      'server a2 10.0.1.2:443': `server a2 ${a2.listen} port ${a2.healthPort}`,
    }),
  };
}
