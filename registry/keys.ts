/** Owns the names of a pool's keys. Invariant: all carry the pool as hash tag, so that one script reaches them in a Cluster. */
export interface PoolKeys {
  readonly pool: string;
  readonly targets: string;
  readonly leases: string;
  readonly orders: string;
  readonly gateways: string;
  readonly reports: string;
  readonly counts: string;
  /** The pub/sub channel of its changes. */
  readonly changes: string;
  /** The pub/sub channel of reports that a drain may wait for. */
  readonly news: string;
}

export function poolKeys(pool: string): PoolKeys {
  const base = `drain:{${pool}}`;
  return {
    pool: base,
    targets: `${base}:targets`,
    leases: `${base}:leases`,
    orders: `${base}:orders`,
    gateways: `${base}:gateways`,
    reports: `${base}:reports`,
    counts: `${base}:counts`,
    changes: `${base}:changes`,
    news: `${base}:news`,
  };
}
