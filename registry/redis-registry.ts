/** Owns the registry in Redis: turns scripts' replies into records that were checked, and Redis's failures into one error. */
import { randomUUID } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import type { AllowList } from '../core/allow-list';
import { readTargetRecord, type OnBadRecord, type TargetRecord } from '../core/records';
import { parseChange } from './change';
import { Feed } from './feed';
import { poolKeys } from './keys';
import { poolHistory, type PoolHistory } from './pool-history';
import { poolKeeper, type PoolKeeper } from './pool-keeper';
import { poolNames } from './pool-names';
import { poolOverview, type PoolOverview } from './pool-overview';
import type {
  Announcement,
  AnnounceReply,
  PoolRegistry,
  ProgressReply,
  Registry,
  Renewal,
  RenewReply,
  ViewReply,
} from './registry';
import { ask, gatewayRecord, pairs, poolState } from './replies';
import { defineScripts, type Script, type Scripts } from './scripts';

export interface RedisRegistryOptions {
  readonly allowed: AllowList;
  readonly onBadRecord: OnBadRecord;
}

export interface RedisRegistry extends Registry {
  keeper(pool: string): PoolKeeper;
  history(pool: string): PoolHistory;
  /** Everything there is to see of a pool, at one instant. Rejects with `REGISTRY_UNREACHABLE`. */
  overview(pool: string): Promise<PoolOverview>;
  /** The pools there are, by name. Rejects with `REGISTRY_UNREACHABLE`, or `CANNOT_LIST_POOLS` for lack of rights. */
  poolNames(): Promise<string[]>;
  /** What the server says of itself, as INFO prints it. Rejects as Redis does. */
  serverInfo(): Promise<string>;
}

/** The registry behind one connected client; `subscriber` is a second connection, for pub/sub alone. */
export function redisRegistry(
  client: Redis | Cluster,
  subscriber: Redis | Cluster,
  options: RedisRegistryOptions,
): RedisRegistry {
  const losses = nodeLosses(client);
  const scripts = losses.watch(defineScripts(client));
  const feed = new Feed(subscriber);
  // A subscriber says nothing for long in peace, so a dead connection shows only on the client's. One that is connecting
  // is left alone: ioredis would give it up for good.
  const renewSubscriber = (): void => {
    if (subscriber.status === 'ready') subscriber.disconnect(true);
  };
  client.on('close', renewSubscriber);
  return {
    pool: (name) => redisPool(name, scripts, feed, options),
    keeper: (name) => poolKeeper(poolKeys(name), scripts),
    history: (name) => poolHistory(poolKeys(name), scripts),
    overview: (name) => poolOverview(poolKeys(name), scripts, options),
    poolNames: () => poolNames(client),
    serverInfo: () => client.info(),
    onConnect: (callback) => {
      let again = client.status === 'ready';
      client.on('ready', () => {
        callback(again);
        again = true;
      });
      losses.onAnswer(() => callback(true));
    },
    close: async () => {
      client.off('close', renewSubscriber);
      client.disconnect();
      subscriber.disconnect();
      await Promise.resolve();
    },
  };
}

/**
 * A Cluster stays ready when it loses a node: that one's replica, maybe behind, answers in its place. So the first answer
 * after a loss is told before it is given to who asked.
 */
function nodeLosses(client: Redis | Cluster) {
  const callbacks: (() => void)[] = [];
  let lost = false;
  if (client instanceof Cluster) client.on('-node', () => (lost = true));
  const watched = (script: Script): Script => {
    return async (...args) => {
      const reply = await script(...args);
      if (lost) for (const callback of callbacks) callback();
      lost = false;
      return reply;
    };
  };
  return {
    onAnswer: (callback: () => void) => callbacks.push(callback),
    watch: (scripts: Scripts): Scripts =>
      Object.fromEntries(
        Object.entries(scripts).map(([name, script]) => [name, watched(script)]),
      ) as Scripts,
  };
}

function redisPool(
  name: string,
  scripts: ReturnType<typeof defineScripts>,
  feed: Feed,
  { allowed, onBadRecord }: RedisRegistryOptions,
): PoolRegistry {
  const keys = poolKeys(name);
  const targetRecord = (id: string, json: string): TargetRecord | null =>
    json === '' ? null : readTargetRecord(id, json, allowed, onBadRecord);

  return {
    join: async (kind, id) => {
      const members = kind === 'target' ? keys.targets : keys.gateways;
      return Number(await ask(scripts.join, keys.pool, members, id));
    },

    announce: async (said: Announcement): Promise<AnnounceReply> => {
      const why = said.state === 'draining' ? said.by : said.state === 'gone' ? said.why : '';
      const order = said.state === 'serving' && said.order ? JSON.stringify(said.order) : '';
      const leftMs = said.state === 'draining' ? (said.leftMs ?? '') : '';
      const forMs = said.state === 'serving' ? Math.round(said.forMs ?? 0) : 0;
      const reply = await ask(
        scripts.announce,
        ...[keys.pool, keys.targets, keys.leases, keys.orders],
        ...[said.id, said.incarnation, said.fence, said.serial, said.seenEpoch, randomUUID()],
        ...[said.leaseMs, said.state, why, said.pod ?? '', said.node ?? '', order, leftMs],
        ...[forMs, said.zone ?? ''],
      );
      return {
        status: reply[0] as 'ok' | 'stale',
        ...poolState(reply.slice(1)),
        record: targetRecord(said.id, reply[5] as string),
      };
    },

    renew: async (said: Renewal): Promise<RenewReply> => {
      const { incarnation, fence, serial } = said;
      const reply = await ask(
        scripts.renew,
        ...[keys.pool, keys.targets, keys.leases, keys.gateways, keys.reports, keys.counts],
        ...[said.id, fence, serial, said.seenEpoch, randomUUID(), said.leaseMs],
        JSON.stringify({ incarnation, fence, serial, ...said.report }),
        JSON.stringify(said.counts),
        said.report.left === true ? 1 : 0,
        said.news ? 1 : 0,
      );
      return { status: reply[0] as 'ok' | 'stale', ...poolState(reply.slice(1)) };
    },

    view: async (): Promise<ViewReply> => {
      const reply = await ask(scripts.view, keys.pool, keys.targets);
      const targets = new Map<string, TargetRecord>();
      for (const [id, json] of pairs(reply[4] as string[])) {
        const record = targetRecord(id, json);
        if (record) targets.set(id, record);
      }
      return { ...poolState(reply), targets };
    },

    progress: async (target, sinceReport): Promise<ProgressReply> => {
      const reply = await ask(
        scripts.progress,
        ...[keys.pool, keys.targets, keys.gateways, keys.reports],
        ...[target, sinceReport],
      );
      return {
        ...poolState(reply),
        record: targetRecord(target, reply[4] as string),
        lastReport: Number(reply[5]),
        gateways: pairs(reply[6] as string[]).flatMap(([id, value]) =>
          gatewayRecord(id, value, onBadRecord),
        ),
      };
    },

    order: async (target, act, by, pod = '') => {
      const reply = await ask(
        scripts.order,
        ...[keys.pool, keys.targets, keys.orders],
        ...[target, act, by, pod],
      );
      return reply[0] as 'ok' | 'unknown' | 'unnamed';
    },

    onChange: (callback) =>
      feed.subscribe(keys.changes, (message) =>
        callback(message === null ? null : parseChange(message, allowed, onBadRecord)),
      ),

    onNews: (callback) => feed.subscribe(keys.news, callback),
  };
}
