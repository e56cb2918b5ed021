/** Owns the figures of the last minutes, one set a second. Invariant: bounded; what was not known is a gap. */
import type { Sample, WirePool } from '../page/wire';

const SAMPLES_MAX = 900;

export class Samples {
  readonly #samples: Sample[] = [];

  get all(): readonly Sample[] {
    return this.#samples;
  }

  /** `pools`: undefined where the registry did not answer. */
  take(pools: readonly WirePool[] | undefined, atMs: number): Sample {
    const figures = pools?.map(({ head, targets }) => [head.pool, figuresOf(targets)] as const);
    const sample = { atMs, pools: figures ? Object.fromEntries(figures) : null };
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    return sample;
  }
}

function figuresOf(targets: WirePool['targets']): readonly [number, number, number] {
  const count = (wanted: string) => targets.filter(({ state }) => state === wanted).length;
  const inFlight = targets.reduce((sum, target) => sum + target.inFlight, 0);
  return [inFlight, count('serving'), count('draining')];
}
