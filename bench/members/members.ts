/**
 * Owns gateways and pods of bench:registry: the real agent and the real sidecar, each with two connections of its own.
 * Invariant: they start spread over a renewal, as processes of many nodes do, so that their renewals are spread too.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../core/clock';
import { DrainError } from '../../core/errors';
import { waitFor } from '../../harness/wait';
import { Agent } from '../../plugin/server/agent';
import type { SyncAnswer } from '../../plugin/server/sync-client';
import { openRegistry } from '../../registry/open';
import type { Registry } from '../../registry/registry';
import { Sidecar } from '../../sidecar/sidecar';
import type { Sockets } from '../../sidecar/socket-watch';
import { instantKong } from './instant-kong';

export const POOL = 'bench';
const RENEW_MS = 1000;
export const LEASE_MS = 3000;
const POLL_MS = 25;
const START_MS = 60_000;

export interface Member {
  stop(): Promise<void>;
}

export interface Pod extends Member {
  readonly sidecar: Sidecar;
}

/** The address of target n, one for each. */
export const targetId = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:8080`;

/** Starts gateway n; resolves when its Kong routes by a view. Rejects with `TIMEOUT`. */
export async function startGateway(n: number, redisUrl: string): Promise<Member> {
  const registry = open(redisUrl);
  const kong = instantKong(POOL);
  let last: SyncAnswer | undefined;
  await delay(Math.random() * RENEW_MS);
  const agent = new Agent(
    registry,
    kong,
    systemClock,
    {
      gateway: `gw-${n}`,
      addresses: [`10.255.${n >> 8}.${n & 255}`],
      renewMs: RENEW_MS,
      leaseMs: LEASE_MS,
      pollMs: POLL_MS,
    },
    SILENT,
    { synced: (answer) => (last = answer), syncFailed: fail, poolLeft: () => undefined },
  );
  agent.start();
  await waitFor(`gateway ${n}`, () => (last?.pools[POOL]?.epoch ?? 0) > 0, { timeoutMs: START_MS });
  return {
    stop: () => {
      agent.stop();
      return registry.close();
    },
  };
}

/** Starts the sidecar of target n; resolves when it is announced. Rejects with `TIMEOUT`. */
export async function startPod(n: number, redisUrl: string, spread = true): Promise<Pod> {
  const registry = open(redisUrl);
  await delay(spread ? Math.random() * RENEW_MS : 0);
  const sidecar = new Sidecar(
    {
      registry,
      sockets: NO_SOCKETS,
      clock: systemClock,
      log: SILENT,
      onDrainEvent: () => undefined,
    },
    {
      pool: POOL,
      target: targetId(n),
      renewMs: RENEW_MS,
      leaseMs: LEASE_MS,
      pollMs: POLL_MS,
      settleMs: 5000,
      deadlineMs: 25_000,
      quiet: { idleMs: 1000, owingMs: 15_000 },
      localAddresses: new Set(),
      pod: `pod-${n}`,
      node: 'node',
    },
  );
  await registryAnswers(registry);
  sidecar.start();
  sidecar.healthy(true);
  await waitFor(`pod ${n}`, () => sidecar.ready, { timeoutMs: START_MS, everyMs: 5 });
  return {
    sidecar,
    stop: () => {
      sidecar.stop();
      return registry.close();
    },
  };
}

function open(redisUrl: string): Registry {
  return openRegistry(
    { DRAIN_REDIS_URL: redisUrl, DRAIN_ALLOWED_CIDRS: '' },
    { badRecord: fail, redisError: silent }, // the product reconnects; a drain that suffered is seen
  );
}

async function registryAnswers(registry: Registry): Promise<void> {
  const pool = registry.pool(POOL);
  const answers = async (): Promise<boolean> => (await pool.progress('', 0)).nowMs > 0;
  await waitFor('Redis to answer', answers, { timeoutMs: START_MS, everyMs: 5 });
}

function fail(...words: string[]): never {
  throw new DrainError('BENCH_DISTURBED', `what should not happen here: ${words.join(' ')}`);
}

/** Nobody is connected to these pods. */
const NO_SOCKETS: Sockets = {
  peers: () => Promise.resolve([]),
  listeners: () => Promise.resolve([]),
  connections: () => Promise.resolve([]),
};

const silent = (): void => undefined;
const SILENT = { info: silent, warn: silent, error: silent };
