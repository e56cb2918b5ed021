/** Owns the quantiles of small samples. Invariant: a quantile is always one of the sample's values. */

/** The smallest value that at least the share `q` (0–1) of the values does not exceed; undefined of none. */
export function quantile(values: readonly number[], q: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}
