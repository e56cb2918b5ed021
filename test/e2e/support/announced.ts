/** Owns a target that exists only in the registry. Invariant: renewed until withdrawn, as a sidecar would. */
import { randomUUID } from 'node:crypto';
import type { PoolRegistry } from '../../../registry/registry';

const LEASE_MS = 3000;
const RENEW_MS = 500;
const SERVING = { state: 'serving' } as const;

export interface AnnouncedTarget {
  /** The epoch at which it serves. */
  readonly epoch: number;
  /** From now on it drains, as by a hook; the epoch of that. */
  drain(): Promise<number>;
  withdraw(): Promise<void>;
}

/** Announces `ip:port` as serving, whether or not anyone listens there. */
export async function announceTarget(
  pool: PoolRegistry,
  id: string,
  more: { readonly zone?: string; readonly forMs?: number } = {},
): Promise<AnnouncedTarget> {
  const incarnation = randomUUID();
  const fence = await pool.join('target', id);
  let serial = 0;
  const life = () => ({
    ...{ id, incarnation, fence, serial: ++serial, seenEpoch: 0, leaseMs: LEASE_MS, ...more },
  });
  let drains = false;
  const announce = () =>
    pool.announce({ ...life(), ...(drains ? { state: 'draining', by: 'hook' } : SERVING) });
  const { epoch } = await announce();
  const renewals = setInterval(() => void announce().catch(() => undefined), RENEW_MS);
  return {
    epoch,
    drain: async () => {
      drains = true;
      return (await announce()).record!.epoch;
    },
    withdraw: async () => {
      clearInterval(renewals);
      await pool.announce({ ...life(), state: 'gone', why: 'released' });
    },
  };
}
