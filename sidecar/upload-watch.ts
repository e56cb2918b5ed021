/**
 * Owns the look at the runtime's uploads while a drain runs, for the forecast.
 * Invariant: it only tells; no drain waits for it or fails by it, and it ends with the drain.
 */
import type { Clock } from '../core/clock';
import { forecast, type Forecast, type UploadLook, type UploadSight } from './forecast';

export interface UploadWatchDeps {
  /** The uploads under way in the runtime. May reject: then there is no look. */
  readonly uploads: () => Promise<readonly UploadSight[]>;
  readonly clock: Clock;
  /** To the drain's deadline, ms. */
  readonly leftMs: () => number;
  /** Other uploads than before are late. */
  readonly onChange: (forecast: Forecast) => void;
}

const EVERY_MS = 500;
/** The pace is that of the last five seconds: what a client did before says little. */
const LOOKS_KEPT = 11;

export class UploadWatch {
  /** The latest. */
  forecast: Forecast | undefined;
  private looks: readonly UploadLook[] = [];
  private late = '';
  private stopped = false;
  private cancel: () => void = () => undefined;

  constructor(private readonly deps: UploadWatchDeps) {}

  /** The first look is not at once: most drains are over by then, and none shall be slower for this. */
  start(): void {
    this.lookLater();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private async look(): Promise<void> {
    const { clock, leftMs, onChange } = this.deps;
    const uploads = await this.deps.uploads().catch(() => undefined);
    if (this.stopped) return;
    if (uploads) {
      this.looks = [...this.looks.slice(1 - LOOKS_KEPT), { atMs: clock.nowMs(), uploads }];
      this.forecast = forecast(this.looks, leftMs());
      const late = this.forecast.late.map(({ id }) => id).join();
      if (late !== this.late) onChange(this.forecast);
      this.late = late;
    }
    this.lookLater();
  }

  private lookLater(): void {
    this.cancel = this.deps.clock.after(EVERY_MS, () => void this.look());
  }
}
