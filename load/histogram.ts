/**
 * Owns the recording of durations: HDR histograms of microseconds, three digits exact, up to an hour.
 * Invariant: what is recorded counts, however long; what lies above the hour counts as an hour.
 */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Spread } from './result';

const HOUR_US = 3_600_000_000;

export class Durations {
  readonly #us: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HOUR_US,
    numberOfSignificantValueDigits: 3,
  });

  record(ms: number): void {
    this.#us.recordValue(Math.min(HOUR_US, Math.max(1, Math.round(ms * 1000))));
  }

  /** Of none all zeros. */
  get spread(): Spread {
    const ms = (us: number) => us / 1000;
    return {
      p50: ms(this.#us.getValueAtPercentile(50)),
      p99: ms(this.#us.getValueAtPercentile(99)),
      max: ms(this.#us.maxValue),
    };
  }

  /** HdrHistogram's own compressed form in base64 (microseconds), which its tools in all languages read and add up. */
  get encoded(): string {
    return encodeIntoCompressedBase64(this.#us);
  }
}
