/**
 * Owns the reading of a hook's answer: the one place that knows both the sidecar's shape and the demo's.
 * Invariant: a hook that failed, or answered what cannot be read, counts as a cut drain; it is never left out.
 */
import { z } from 'zod';
import type { Deletion } from '../kubelet';
import type { DrainFigures } from './report';

const hookAnswer = z.object({
  target: z.string(),
  outcome: z.enum(['released', 'cut']),
  totalMs: z.number(),
  ackMs: z.number().nullable(),
  afterLastByteMs: z.number(),
  gateways: z.array(z.unknown()),
});

/**
 * The figures of a deletion's drain; undefined if the pod has no hook. Where nothing was in flight the sidecar gives the
 * whole drain as `afterLastByteMs`; where no gateway acked, the whole drain is `ackMs`.
 */
export function drainFigures({ target, hook }: Deletion): DrainFigures | undefined {
  if (!hook) return undefined;
  const answer = hookAnswer.safeParse(hook.body);
  if (!hook.ok || !answer.success) {
    const { ms } = hook;
    return { target, totalMs: ms, afterLastByteMs: ms, ackMs: ms, gateways: 0, outcome: 'cut' };
  }
  const { totalMs, ackMs, afterLastByteMs, gateways, outcome } = answer.data;
  return {
    target: answer.data.target,
    totalMs,
    afterLastByteMs,
    ackMs: ackMs ?? totalMs,
    gateways: gateways.length,
    outcome,
  };
}
