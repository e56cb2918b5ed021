/** Owns what a target's state looks like: a word, a sign and a class; colour is never the only one. Invariant: pure. */
import type { WireDrain, WireTarget } from './wire';

export type Phase = 'new' | 'serving' | 'draining' | 'gone' | 'cut' | 'expired';

const NEW_MS = 10_000;

/** `drain`: by which it went, where that is known. */
export function phaseOf(
  { state, sinceMs }: WireTarget,
  drain: WireDrain | undefined,
  nowMs: number,
): Phase {
  if (state === 'gone') return drain?.outcome === 'cut' ? 'cut' : 'gone';
  if (state === 'serving') return nowMs - sinceMs < NEW_MS ? 'new' : 'serving';
  return state;
}

export const SIGNS: Readonly<Record<Phase, string>> = {
  new: '✦',
  serving: '●',
  draining: '◐',
  gone: '○',
  cut: '✕',
  expired: '▲',
};

/** In words, without the name. */
export function stateText(target: WireTarget, phase: Phase, drain: WireDrain | undefined): string {
  if (phase === 'new') return 'serving, new';
  if (phase === 'draining') return `draining (${target.by ?? 'unknown'})`;
  if (phase === 'cut') return 'gone, cut';
  if (phase === 'gone') return drain ? 'gone, released' : 'gone';
  return phase === 'expired' ? 'lease ended' : phase;
}
