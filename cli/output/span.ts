/** Owns how times are written and read. */
import { nginxSeconds } from '../lint/nginx/units';

/** `12 ms`, `1.2 s`, `3m20s`, `2h05m`, `3d4h`: two figures that matter. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ];
  if (hours === 0) return `${minutes}m${two(seconds % 60)}s`;
  if (days === 0) return `${hours}h${two(minutes % 60)}m`;
  return `${days}d${hours % 24}h`;
}

function two(count: number): string {
  return String(count).padStart(2, '0');
}

/** `90`, `90s`, `500ms`, `1h30m` in ms; undefined if it is none. */
export function readSpan(text: string): number | undefined {
  const seconds = nginxSeconds(text);
  return seconds === undefined ? undefined : seconds * 1000;
}
