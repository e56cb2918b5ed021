/**
 * Owns what the registry's tests share: a real Redis, registries on it, and the scripts with a clock that tests set.
 * Invariant: `cleanUp` ends everything that was opened here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis, type Cluster } from 'ioredis';
import { parseAllowList } from '../../core/allow-list';
import { startRedis, type HarnessRedis, type RedisOptions } from '../../harness/redis';
import { waitFor } from '../../harness/wait';
import { redisRegistry, type RedisRegistry } from '../../registry/redis-registry';

const cleanUps: (() => unknown)[] = [];

export function onCleanUp(end: () => unknown): void {
  cleanUps.push(end);
}

export async function cleanUp(): Promise<void> {
  for (const end of cleanUps.splice(0).reverse()) await end();
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'registry-'));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function realRedis(options: Partial<RedisOptions> = {}): Promise<HarnessRedis> {
  const redis = await startRedis({ dir: temporaryFolder(), ...options });
  onCleanUp(() => redis.stop({ signal: 'SIGKILL' }));
  return redis;
}

/** A client of our own, to look into Redis and to spoil it. */
export async function clientOf(url: string): Promise<Redis> {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onCleanUp(() => client.disconnect());
  await client.ping();
  return client;
}

export interface BadRecord {
  readonly id: string;
  readonly why: string;
}

export interface TestRegistry {
  readonly registry: RedisRegistry;
  readonly bad: BadRecord[];
}

/** The registry over two clients, when both are ready. */
export async function registryOver(
  client: Redis | Cluster,
  subscriber: Redis | Cluster,
  allowed = '',
): Promise<TestRegistry> {
  const bad: BadRecord[] = [];
  const registry = redisRegistry(client, subscriber, {
    allowed: parseAllowList(allowed),
    onBadRecord: (id, why) => bad.push({ id, why }),
  });
  onCleanUp(() => registry.close());
  await waitFor(
    'Redis to answer',
    () => client.status === 'ready' && subscriber.status === 'ready',
  );
  return { registry, bad };
}

export async function registryOf(url: string, allowed = ''): Promise<TestRegistry> {
  return registryOver(await clientOf(url), await clientOf(url), allowed);
}

const CLOCK_KEY = 'test:clock';

/** The registry whose scripts, otherwise as they are, read the time from a key. `set` sets it, in ms. */
export async function registryWithClock(
  url: string,
  allowed = '',
): Promise<TestRegistry & { set(nowMs: number): Promise<unknown> }> {
  const client = await clientOf(url);
  const define = client.defineCommand.bind(client);
  client.defineCommand = (name, definition) => {
    const lua = definition.lua.replace(
      `redis.call('TIME')`,
      `redis.call('HMGET', '${CLOCK_KEY}', 's', 'us')`,
    );
    if (lua === definition.lua) throw new Error('the scripts read the time in another way now');
    define(name, { ...definition, lua });
  };
  const set = (nowMs: number) =>
    client.hset(CLOCK_KEY, 's', Math.floor(nowMs / 1000), 'us', (nowMs % 1000) * 1000);
  await set(1_700_000_000_000);
  return { ...(await registryOver(client, await clientOf(url), allowed)), set };
}
