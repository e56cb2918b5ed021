/** Owns the arithmetic of interleaved rounds. Invariant: only figures of one round, taken seconds apart, are compared. */

/** One run of a variant. */
export interface Sample {
  readonly rps: number;
  /** 99th percentile of the latencies, as the client saw them. */
  readonly p99Ms: number;
  /** CPU time of the gateway's workers for each request, µs: a busy machine disturbs it least. */
  readonly cpuUs: number;
}

/** One round: each variant once, by name. */
export type Round<Variant extends string> = Readonly<Record<Variant, Sample>>;

/** The middle value; the mean of the two middle ones of an even number. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? NaN : (low + high) / 2;
}

/** The median over the rounds of `variant` divided by `base`. */
export function medianRatio<Variant extends string>(
  rounds: readonly Round<Variant>[],
  figure: keyof Sample,
  variant: Variant,
  base: Variant,
): number {
  return median(rounds.map((round) => round[variant][figure] / round[base][figure]));
}

/** The order of a round's variants: every other round backwards, so that a machine that slows down favours none. */
export function orderOf<Variant>(variants: readonly Variant[], round: number): Variant[] {
  return round % 2 === 0 ? [...variants] : [...variants].reverse();
}
