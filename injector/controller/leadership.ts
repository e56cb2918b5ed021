/**
 * Owns the rule by which one replica leads, on a coordination.k8s.io Lease as client-go's leaderelection keeps it.
 * Invariant: another's lease is taken only after its whole duration has passed on our own clock since we saw it change:
 * clocks of machines are never compared.
 */
import type { V1Lease } from '@kubernetes/client-node';

export interface LeaseSight {
  readonly lease: V1Lease | undefined;
  /** When this version of the lease was first seen, on our monotonic clock. */
  readonly sinceMs: number;
}

export type LeaseMove = 'create' | 'renew' | 'take' | 'wait';

/** What a replica may do with the lease as it sees it. */
export function leaseMove({ lease, sinceMs }: LeaseSight, me: string, nowMs: number): LeaseMove {
  if (!lease) return 'create';
  const { holderIdentity, leaseDurationSeconds = 0 } = lease.spec ?? {};
  if (holderIdentity === me) return 'renew';
  const isFree = holderIdentity === undefined || holderIdentity === '';
  return isFree || nowMs - sinceMs > leaseDurationSeconds * 1000 ? 'take' : 'wait';
}
