/** Owns nginx's units (nginx docs: Configuration file measurement units). */

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  M: 2_592_000,
  y: 31_536_000,
};
const BYTES: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `1h30m`, `90`, `500ms` in seconds; undefined if it is none (a variable, say). */
export function nginxSeconds(text: string): number | undefined {
  if (!/^(\d+(ms|[smhdwMy])?)+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+)(ms|[smhdwMy])?/g);
  return [...parts].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (SECONDS[unit ?? 's'] ?? 1),
    0,
  );
}

/** `8k`, `50m`, `1g` in bytes; undefined if it is none. */
export function nginxBytes(text: string): number | undefined {
  const match = /^(\d+)([kmg])?$/i.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (BYTES[match[2]?.toLowerCase() ?? ''] ?? 1);
}
