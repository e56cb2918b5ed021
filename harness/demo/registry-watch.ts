/** Owns the demo's look into the registry. Invariant: reads only, through the registry's own reader. */
import type { GatewayRecord, TargetRecord } from '../../core/records';
import { openRegistry } from '../../registry/open';
import { POOL } from '../fleet-options';

export interface RegistrySight {
  readonly epoch: number;
  readonly targets: ReadonlyMap<string, TargetRecord>;
  /** Those with a live lease. */
  readonly gateways: readonly GatewayRecord[];
}

export interface RegistryWatch {
  /** The last reading. */
  sight(): RegistrySight | undefined;
  close(): Promise<void>;
}

const EVERY_MS = 100;

/** Reads the pool about ten times a second; a reading that fails leaves the last one. */
export function watchRegistry(redisUrl: string): RegistryWatch {
  const registry = openRegistry(
    { DRAIN_REDIS_URL: redisUrl, DRAIN_ALLOWED_CIDRS: '' },
    { badRecord: () => undefined, redisError: () => undefined },
  );
  const pool = registry.pool(POOL);
  let last: RegistrySight | undefined;

  const read = async (): Promise<void> => {
    const [view, { gateways, nowMs }] = await Promise.all([pool.view(), pool.progress('', 0)]);
    const live = gateways.filter(({ left, leaseUntilMs }) => !left && leaseUntilMs >= nowMs);
    last = { epoch: view.epoch, targets: view.targets, gateways: live };
  };
  const timer = setInterval(() => void read().catch(() => undefined), EVERY_MS);
  return {
    sight: () => last,
    close: () => {
      clearInterval(timer);
      return registry.close();
    },
  };
}
