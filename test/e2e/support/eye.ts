/**
 * Owns the tests' look into the registry: what gateways report and how targets stand there.
 * Invariant: reads only what the parts themselves wrote.
 */
import { Redis } from 'ioredis';
import type { TargetRecord } from '../../../core/records';
import { waitFor } from '../../../harness/wait';
import { poolKeys } from '../../../registry/keys';
import { openRegistry } from '../../../registry/open';
import type { PoolRegistry } from '../../../registry/registry';

const keys = poolKeys('rt');

interface Report {
  readonly serial: number;
  readonly incarnation: string;
  readonly epoch: number;
  readonly holding: Readonly<Record<string, number>>;
  readonly uploads?: Readonly<Record<string, number>>;
  readonly unassigned: number;
  readonly left?: boolean;
}

export class Eye {
  readonly redis: Redis;
  readonly pool: PoolRegistry;
  readonly #close: () => Promise<void>;

  constructor(redisUrl: string) {
    this.redis = new Redis(redisUrl);
    this.redis.on('error', () => undefined);
    const registry = openRegistry(
      { DRAIN_REDIS_URL: redisUrl, DRAIN_ALLOWED_CIDRS: '' },
      { badRecord: () => undefined, redisError: () => undefined },
    );
    this.pool = registry.pool('rt');
    this.#close = () => registry.close();
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    await this.#close();
  }

  async target(id: string): Promise<TargetRecord | undefined> {
    const json = await this.redis.hget(keys.targets, id);
    return json === null ? undefined : (JSON.parse(json) as TargetRecord);
  }

  async untilTarget(id: string, state: string, timeoutMs = 10_000): Promise<TargetRecord> {
    return waitFor(
      `${id} to be ${state}`,
      async () => {
        const record = await this.target(id);
        return record?.state === state && record;
      },
      { timeoutMs },
    );
  }

  async report(gateway: string): Promise<Report | undefined> {
    const value = await this.redis.hget(keys.gateways, gateway);
    return value === null ? undefined : (JSON.parse(value.slice(value.indexOf(' ') + 1)) as Report);
  }

  /** Requests in flight per target as the gateway last reported; those of Kong's own routing as `unassigned`. */
  async inFlight(gateway: string): Promise<Readonly<Record<string, number>>> {
    const [counts, report] = await Promise.all([
      this.redis.hget(keys.counts, gateway),
      this.report(gateway),
    ]);
    const unassigned = report?.unassigned ?? 0;
    return {
      ...(JSON.parse(counts ?? '{}') as Record<string, number>),
      ...(unassigned === 0 ? {} : { unassigned }),
    };
  }

  /** Of the requests in flight per target, the uploads; undefined where the gateway reports none. */
  async uploads(gateway: string): Promise<Readonly<Record<string, number>> | undefined> {
    return (await this.report(gateway))?.uploads;
  }

  /** Until the gateway reports so many requests in flight in all, in two reports in a row. */
  async untilInFlight(gateway: string, wanted: number, timeoutMs = 10_000): Promise<void> {
    let since: { readonly serial: number; readonly incarnation: string } | undefined;
    let last = NaN;
    await waitFor(
      `${gateway} to report ${wanted} in flight`,
      async () => {
        const report = await this.report(gateway);
        last = sum(await this.inFlight(gateway));
        if (report === undefined || last !== wanted) since = undefined;
        else if (since?.incarnation !== report.incarnation) since = report;
        else return report.serial > since.serial + 1;
        return false;
      },
      { timeoutMs },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen: ${last}`, { cause: error });
    });
  }
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
