/** Owns the order in which a fleet comes up. Invariant: it is handed out serving, or not at all. */
import path from 'node:path';
import { openAddressBook } from './addresses';
import { startClusterService } from './cluster-service';
import { readKongYml } from './declarative';
import { Fleet } from './running-fleet';
import { withDefaults, type FleetOptions } from './fleet-options';
import { httpGet } from './http-get';
import { startRedis } from './redis';
import { openRoutingWatch } from './routing-watch';
import { createRunDir } from './run-dir';
import { waitFor } from './wait';

/**
 * Starts a fleet; resolves when every pod is ready and every gateway proxies (and, in drain mode, routes by the
 * registry). On failure all of it is ended and its directory kept for its logs.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const full = withDefaults(options);
  const dir = options.dir ?? createRunDir(options.mode);
  const addresses = await openAddressBook();
  const service = await startClusterService({
    host: addresses.serviceAddress,
    seed: full.seed,
    refusedRetries: options.retries ?? readKongYml().services[0].retries,
    endpointLagMs: options.endpointLagMs,
    readinessPeriodMs: options.readinessPeriodMs,
  });
  const redis =
    options.mode === 'drain'
      ? await startRedis({
          dir: path.join(dir, 'redis'),
          ...(options.redisPort === undefined ? {} : { port: options.redisPort }),
        })
      : undefined;
  const routing = redis && openRoutingWatch(redis.url);
  const fleet = new Fleet({ options: full, dir, addresses, service, redis, routing });
  try {
    await all(Array.from({ length: full.pods }, () => fleet.addPod()));
    await all(Array.from({ length: full.gateways }, () => fleet.addGateway()));
    await all(fleet.gateways.map(({ proxyUrl }) => answers(`${proxyUrl}/health`)));
    return fleet;
  } catch (error) {
    await fleet.stop({ keepDir: true });
    throw error;
  }
}

/** As Promise.all, but rejects only when nothing is under way any more: `stop` must find all that was started. */
async function all(tasks: Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(tasks);
  await Promise.all(tasks);
}

async function answers(url: string): Promise<void> {
  const isOk = async (): Promise<boolean> =>
    (await httpGet(url, { timeoutMs: 2000 })).status === 200;
  await waitFor(`${url} to answer 200`, isOk);
}
