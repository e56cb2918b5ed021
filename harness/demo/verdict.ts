/** Owns what the demo proves. Invariant: exit code 0 only if ours lost nothing and the plain rollout what it must lose. */
import type { DemoReport, RunReport } from './report';

export interface Verdict {
  readonly exitCode: 0 | 1;
  /** One sentence for each reason. */
  readonly reasons: readonly string[];
}

type Losses = Pick<RunReport, 'failed' | 'cut' | 'corrupt'>;

/** What the plain rollout must be seen to lose, else the run proves nothing. */
export type Proof = 'both' | 'anything';

/** Judges the two runs by their losses alone. */
export function judge(
  { plain, drain }: Record<keyof Pick<DemoReport, 'plain' | 'drain'>, Losses>,
  proof: Proof = 'both',
): Verdict {
  const lost: [number, string][] = [
    [drain.failed, 'failed requests'],
    [drain.cut, 'cut uploads'],
    [drain.corrupt, 'corrupt uploads'],
  ];
  const ours = lost.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const reasons = ours.length > 0 ? [`With the drain the rollout lost ${ours.join(', ')}.`] : [];
  if (!proves(plain, proof)) {
    const without = [
      ...(plain.failed === 0 ? ['a failed request'] : []),
      ...(plain.cut === 0 ? ['a cut upload'] : []),
    ];
    reasons.push(
      `The plain rollout went without ${without.join(' and ')}, so this run proves nothing: ` +
        'use more --rollouts or more load.',
    );
  }
  if (reasons.length > 0) return { exitCode: 1, reasons };
  return {
    exitCode: 0,
    reasons: [
      `The plain rollout lost ${plain.failed} requests and ${plain.cut} uploads; with the drain nothing was lost.`,
    ],
  };
}

export function lostAnything({ failed, cut, corrupt }: Losses): boolean {
  return failed + cut + corrupt > 0;
}

/** Whether a run lost what a plain rollout must be seen to lose. */
export function proves({ failed, cut }: Pick<RunReport, 'failed' | 'cut'>, proof: Proof): boolean {
  return proof === 'both' ? failed > 0 && cut > 0 : failed + cut > 0;
}

/** In the chain some layers fail requests alone, or cut uploads alone. */
export const proofOf = ({ chain }: { readonly chain: boolean }): Proof =>
  chain ? 'anything' : 'both';
