/**
 * Owns the verifier's look into the registry while the load runs.
 * Invariant: reads only; a registry that cannot be reached leaves gaps in the report and stops nothing.
 */
import type { PoolHistory } from '../../../registry/pool-history';
import type { PoolRegistry, PoolState } from '../../../registry/registry';
import { Chronicle } from './chronicle';
import type { RolloutWatch } from './sight';

const EVERY_MS = 250;
/** As many as the registry keeps of a pool. */
const DRAINS_MAX = 1000;

export interface PoolWatch extends RolloutWatch {
  /** Targets that drain at this moment. */
  draining(): number;
  /** How many readings failed. */
  gaps(): number;
}

/**
 * Watches one pool from now on: by its changes and gateways' news as they are told, and by a reading each 250 ms. At the
 * end the sidecars' own words on their drains are taken from the history.
 */
export function watchPool(pool: PoolRegistry, history: Pick<PoolHistory, 'last'>): PoolWatch {
  const startedMs = Date.now();
  const chronicle = new Chronicle();
  let aheadMs = 0;
  let failed = 0;
  const here = (redisMs: number): number => redisMs - aheadMs;
  const setClock = ({ nowMs }: PoolState): void => void (aheadMs = nowMs - Date.now());

  const readView = async (): Promise<void> => {
    const view = await pool.view();
    setClock(view);
    chronicle.view(view.targets, ({ sinceMs }) => here(sinceMs), Date.now());
  };
  const readGateways = async (): Promise<void> => {
    const { gateways, nowMs } = await pool.progress('', 0);
    const live = gateways.filter(({ left, leaseUntilMs }) => !left && leaseUntilMs >= nowMs);
    chronicle.gateways(live, Date.now());
  };
  const readHistory = async (): Promise<void> => {
    for (const { target, endedMs, totalMs, outcome, gateways } of await history.last(DRAINS_MAX)) {
      const fromMs = here(endedMs) - totalMs;
      if (here(endedMs) < startedMs) continue;
      const acks = gateways.flatMap(({ name, ackMs }) =>
        ackMs === null ? [] : [{ gateway: name, atMs: fromMs + ackMs }],
      );
      chronicle.ended(target, here(endedMs), { outcome, acks });
    }
  };
  const attempt = (read: () => Promise<void>): void =>
    void read().catch(() => {
      failed += 1;
    });
  const look = (): void => {
    attempt(readView);
    attempt(readGateways);
  };

  const offChange = pool.onChange((change) => {
    if (change === null) attempt(readView);
    for (const [id, record] of change?.changes ?? []) {
      chronicle.target(id, record, here(record.sinceMs));
    }
    attempt(readGateways);
  });
  const offNews = pool.onNews(() => attempt(readGateways));
  const timer = setInterval(look, EVERY_MS);
  look();
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    clearInterval(timer);
    offChange();
    offNews();
    await readView()
      .then(readHistory)
      .catch(() => undefined); // what was seen stands
  };
  return {
    sight: () => chronicle.sight(),
    draining: () => chronicle.draining,
    gaps: () => failed,
    close: () => (closed ??= close()),
  };
}
