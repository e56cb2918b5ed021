/** Owns the gateways, beside the cluster or in it. Invariant: pods see those beside it come from this machine's own address. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { makeDeclarative } from '../../../harness/declarative';
import { startGateway, type Gateway } from '../../../harness/gateway/gateway';
import { httpGet } from '../../../harness/http-get';
import { waitFor } from '../../../harness/wait';
import { kube, kubectl } from './kube';
import { readSettings } from './settings';
import { withUnbufferedRoute } from './unbuffered';

/** The gateways' user of deploy/dev. */
const USER = 'gateway:dev-gateway';
const GATEWAYS = 2;

export interface Gateways {
  readonly urls: readonly string[];
  readonly version: string;
  readonly stop: () => Promise<void>;
}

/** Resolves when each of them proxies to the example. */
export async function startGateways(dir: string, hostAddress: string): Promise<Gateways> {
  const { kong } = readSettings(process.env);
  const gateways = 'image' in kong ? await inside(kong.image) : await beside(dir, hostAddress);
  try {
    await Promise.all(gateways.urls.map(reachesTheExample));
    return gateways;
  } catch (error) {
    await gateways.stop();
    throw error;
  }
}

/**
 * Those of deploy/kong/dbless; the overlay has brought them, without pods. A Kong that asks for the example's Service before
 * it is there asks again after 30 s (kong/runloop/balancer/balancers.lua, 3.9.3), and its DNS client may still have the old
 * answer then; its own routing, to which it falls back while Redis is evicted with its node, would know no address.
 */
async function inside(image: string): Promise<Gateways> {
  await kubectl('-n', 'kong', 'scale', 'deployment/kong', `--replicas=${GATEWAYS}`);
  await kubectl('-n', 'kong', 'rollout', 'status', 'deployment/kong');
  const { items } = await kube().core.listNamespacedPod({
    namespace: 'kong',
    labelSelector: 'app.kubernetes.io/name=kong',
  });
  const urls = items.map(({ status }) => `http://${hostPart(status?.podIP ?? '')}:8000`);
  return { urls, version: image, stop: () => Promise.resolve() };
}

async function beside(dir: string, hostAddress: string): Promise<Gateways> {
  const declarative = withUnbufferedRoute(
    makeDeclarative({ service: await serviceTarget(), https: true }),
  );
  const redisUrl = `redis://${USER}@${hostPart(await redisAddress())}:6379`;
  const gateways: Gateway[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  };
  try {
    for (let number = 1; number <= GATEWAYS; number++) {
      const gateway = await startGateway({
        ...{ number, declarative, redisUrl },
        dir: path.join(dir, `gw-${number}`),
        workers: 1,
        pluginServer: 'external',
        env: {
          KONG_NGINX_PROXY_PROXY_BIND: hostAddress,
          DRAIN_GATEWAY_ADDRESSES: hostAddress,
        },
      });
      gateways.push(gateway);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = gateways.map(({ proxyUrl }) => proxyUrl);
  return { urls, version: gateways[0]?.version ?? '', stop };
}

async function reachesTheExample(url: string): Promise<void> {
  const proxies = async () => (await httpGet(url, { timeoutMs: 2000 })).status === 200;
  await waitFor(`${url} to reach the example`, proxies, { timeoutMs: 60_000 });
}

/** This machine's address on the way to another; nothing is sent. */
export async function addressTowards(other: string): Promise<string> {
  const socket = createSocket(other.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.connect(9, other);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

const hostPart = (address: string): string => (address.includes(':') ? `[${address}]` : address);

async function serviceTarget(): Promise<string> {
  const service = await kube().core.readNamespacedService({ namespace: 'example', name: 'rt' });
  return `${hostPart(service.spec?.clusterIP ?? '')}:8080`;
}

/** The Service's: its pod's is another one after each of its restarts. */
async function redisAddress(): Promise<string> {
  const service = await kube().core.readNamespacedService({
    ...{ namespace: 'kong-drain', name: 'redis' },
  });
  return service.spec?.clusterIP ?? '';
}
