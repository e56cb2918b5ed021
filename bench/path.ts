/**
 * bench:path: what the `drain` plugin costs a request. Owns the process: options, rounds, table, JSON, exit code.
 * Invariant: figures are only given for requests that the plugin did assign by a view in use.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../core/clock';
import { DrainError } from '../core/errors';
import { openAddressBook, podAddress, POD_PORT } from '../harness/addresses';
import { startGateway, type Gateway } from '../harness/gateway/gateway';
import { httpGet } from '../harness/http-get';
import { killAll } from '../harness/process-groups';
import { startRedis } from '../harness/redis';
import { createRunDir, removeRunDir } from '../harness/run-dir';
import { waitFor } from '../harness/wait';
import { openRegistry } from '../registry/open';
import type { Registry } from '../registry/registry';
import { Announcer } from '../sidecar/announcer';
import { pathConfig, POOL, VARIANTS, type Variant } from './path-config';
import {
  LEAST_RPS_RATIO,
  MOST_P99_RATIO,
  pathFigures,
  pathProblems,
  pathTable,
} from './path-report';
import { endWith } from '../harness/end-with';
import { machine, whole } from './process';
import { orderOf, type Round, type Sample } from './ratio';
import { cpuTimeUs } from './cpu-time';
import { startStaticPods } from './static-pods';
import { wrk } from './wrk';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly targets: number;
  readonly workers: number;
  readonly json?: string;
}

const RENEW_MS = 1000;
const LEASE_MS = 3000;

function parseOptions(argv: readonly string[]): Options {
  return new Command('bench:path')
    .description(
      'The request path with and without us, on one gateway: the stand-in, or real Kong by KONG_BIN.\n' +
        `Exit 1 below ${LEAST_RPS_RATIO} of the gateway's own requests per second, or above ${MOST_P99_RATIO} of its p99.`,
    )
    .option('--rounds <n>', 'rounds; each runs every variant once', whole, 21)
    .option('--seconds <n>', 'time of one run, s', whole, 1)
    .option('--connections <n>', 'busy connections', whole, 16)
    .option('--targets <n>', 'pods behind the Service', whole, 3)
    .option('--workers <n>', "the gateway's nginx workers", whole, 2)
    .option('--json <file>', 'write the figures there')
    .parse(argv)
    .opts<Options>();
}

async function main(options: Options): Promise<number> {
  const before = machine();
  const dir = createRunDir('path');
  const addresses = await openAddressBook();
  const pods = Array.from({ length: options.targets }, () => podAddress(addresses.nextPodNumber()));
  const targets = pods.map((address) => `${address}:${POD_PORT}`);
  await startStaticPods(path.join(dir, 'pods'), pods);
  const redis = await startRedis({ dir: path.join(dir, 'redis') });
  const registry = openRegistry(
    { DRAIN_REDIS_URL: redis.url, DRAIN_ALLOWED_CIDRS: '' },
    { badRecord: () => undefined, redisError: () => undefined },
  );
  const stop = announce(registry, targets);
  const gateway = await startGateway({
    number: addresses.nextGatewayNumber(),
    dir: path.join(dir, 'gateway'),
    declarative: pathConfig(targets),
    workers: options.workers,
    pluginServer: 'started',
    redisUrl: redis.url,
  });
  console.log(
    `Gateway: ${gateway.version}, ${options.workers} workers. ${options.connections} connections, ` +
      `${options.rounds} rounds of ${options.seconds} s for each of ${VARIANTS.join(', ')}. ` +
      `Load average before: ${before.loadAverage} on ${before.cores} cores.`,
  );
  await routesByView(registry, gateway);
  const rounds = await runRounds(gateway, options);
  stop();
  await gateway.stop();
  await registry.close();
  addresses.release();

  const figures = pathFigures(gateway.version, rounds);
  console.log(pathTable(rounds));
  if (options.json !== undefined) {
    const report = { ...figures, machine: before, options, rounds };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  await killAll();
  removeRunDir(dir);
  const problems = pathProblems(figures);
  for (const problem of problems) console.log(problem);
  return problems.length === 0 ? 0 : 1;
}

/** The sidecars' own announcements, for pods that have none. Returns their end. */
function announce(registry: Registry, targets: readonly string[]): () => void {
  const pool = registry.pool(POOL);
  const silent = { info: () => undefined, warn: () => undefined, error: console.error };
  const announcers = targets.map((target) => {
    const options = { target, renewMs: RENEW_MS, leaseMs: LEASE_MS };
    const announcer = new Announcer(pool, systemClock, options, silent);
    announcer.start();
    announcer.healthy(true);
    return announcer;
  });
  return () => {
    for (const announcer of announcers) announcer.stop();
  };
}

/** Resolves when the gateway has acked the pool's epoch and all the variants answer. Throws `TIMEOUT`. */
async function routesByView(registry: Registry, gateway: Gateway): Promise<void> {
  const pool = registry.pool(POOL);
  await waitFor(`${gateway.name} to route by the view`, async () => {
    const { epoch, targets } = await pool.view();
    const { gateways } = await pool.progress('', 0);
    return targets.size > 0 && gateways.some((record) => record.epoch >= epoch);
  });
  for (const variant of VARIANTS) {
    await waitFor(`/${variant} to answer`, async () => {
      const { status } = await httpGet(`${gateway.proxyUrl}/${variant}`, { timeoutMs: 1000 });
      return status === 200;
    });
  }
}

async function runRounds(gateway: Gateway, options: Options): Promise<Round<Variant>[]> {
  const url = (variant: Variant): string => `${gateway.proxyUrl}/${variant}`;
  for (const variant of VARIANTS) await wrk(url(variant), { ...options, seconds: 1 });
  const before = await unassigned(gateway);
  const rounds: Round<Variant>[] = [];
  for (let i = 0; i < options.rounds; i++) {
    const samples: Partial<Record<Variant, Sample>> = {};
    for (const variant of orderOf(VARIANTS, i)) {
      const beforeUs = cpuTimeUs(gateway.workerPids());
      const { rps, p99Ms, requests } = await wrk(url(variant), options);
      const cpuUs = (cpuTimeUs(gateway.workerPids()) - beforeUs) / requests;
      samples[variant] = { rps, p99Ms, cpuUs };
    }
    rounds.push(samples as Round<Variant>);
  }
  const missed = (await unassigned(gateway)) - before;
  if (missed > 0) {
    throw new DrainError('NOT_ASSIGNED', `${missed} requests were left to Kong's own routing`);
  }
  return rounds;
}

/** How many requests the plugin has left to Kong's own routing, by the agent's metrics after its next full sync. */
async function unassigned(gateway: Gateway): Promise<number> {
  const read = async (): Promise<string> =>
    (await httpGet(gateway.metricsUrl ?? '', { timeoutMs: 1000 })).body;
  const syncs = (text: string): number => figure(text, 'drain_sync_seconds_count');
  const atFirst = syncs(await read());
  const text = await waitFor('the agent to sync', async () => {
    const now = await read();
    return syncs(now) > atFirst + 1 && now;
  });
  return figure(text, 'drain_kong_events_total{event="unassigned"}');
}

function figure(metrics: string, name: string): number {
  const line = metrics.split('\n').find((text) => text.startsWith(`${name} `));
  if (line === undefined) throw new DrainError('NO_METRIC', `the agent does not show ${name}`);
  return Number(line.slice(name.length + 1));
}

endWith(main(parseOptions(process.argv)));
