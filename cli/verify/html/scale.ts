/** Owns the scales of the charts. Invariant: pure; ticks are round numbers, and the last one is not beyond the end. */

export const WIDTH = 1160;
export const LEFT = 196;
const RIGHT = 16;

/** Where a moment lies, in units of the picture. */
export type X = (ms: number) => number;

export function timeScale(endMs: number): X {
  const perMs = (WIDTH - LEFT - RIGHT) / Math.max(1, endMs);
  return (ms) => LEFT + Math.min(Math.max(0, ms), endMs) * perMs;
}

/** Round steps up to `end`, about `count` of them; 0 is the first. */
export function ticks(end: number, count: number): number[] {
  if (!(end > 0)) return [0];
  const rough = end / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
}

const TIME_STEPS_S = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600,
];

/** The same for time, in ms. */
export function timeTicks(endMs: number, count = 12): number[] {
  const stepMs = (TIME_STEPS_S.find((step) => endMs / (step * 1000) <= count) ?? 86_400) * 1000;
  return Array.from({ length: Math.floor(endMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

/** `0:05`, `12:30`, `1:02:03`; with tenths where the steps need them. */
export function clock(ms: number): string {
  const tenths = Math.round(ms / 100);
  const seconds = Math.floor(tenths / 10);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = tenths % 10 === 0 ? '' : `.${tenths % 10}`;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}${rest}`;
}

/** Puts spans into as few lanes as hold them without overlap, each as early as it can be. */
export function lanesOf<T extends { readonly fromMs: number; readonly untilMs: number }>(
  spans: readonly T[],
): T[][] {
  const lanes: T[][] = [];
  for (const one of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const free = lanes.find((lane) => (lane.at(-1)?.untilMs ?? 0) <= one.fromMs);
    if (free) free.push(one);
    else lanes.push([one]);
  }
  return lanes;
}
