/** Owns the names of a pool's keys. Invariant: all carry the pool as hash tag, so that one script reaches them in a Cluster. */
export interface PoolKeys {
  /** The pool's name. */
  readonly name: string;
  readonly pool: string;
  readonly targets: string;
  readonly leases: string;
  readonly orders: string;
  readonly gateways: string;
  readonly reports: string;
  readonly counts: string;
  readonly history: string;
  /** The pub/sub channel of its changes. */
  readonly changes: string;
  /** The pub/sub channel of reports that a drain may wait for. */
  readonly news: string;
}

export function poolKeys(pool: string): PoolKeys {
  const base = `drain:{${pool}}`;
  return {
    name: pool,
    pool: base,
    targets: `${base}:targets`,
    leases: `${base}:leases`,
    orders: `${base}:orders`,
    gateways: `${base}:gateways`,
    reports: `${base}:reports`,
    counts: `${base}:counts`,
    history: `${base}:history`,
    changes: `${base}:changes`,
    news: `${base}:news`,
  };
}
