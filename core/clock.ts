/** Owns the one seam for time: what waits, waits on a Clock, so that tests and the simulation can turn it by hand. */
export interface Clock {
  /** Monotonic ms; on Linux the kernel's CLOCK_MONOTONIC, the same for all processes of a machine. */
  nowMs(): number;
  /** Calls back once after `ms`. Returns the cancel. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` on the clock. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
