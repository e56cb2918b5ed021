/**
 * Owns how a published change is read back.
 * Invariant: a change is taken in as a whole or not at all: with one record left out, its target would go on in the state
 * of before under an epoch that says otherwise.
 */
import { z } from 'zod';
import type { AllowList } from '../core/allow-list';
import { readTargetRecord, type OnBadRecord, type TargetRecord } from '../core/records';
import type { Change } from './registry';

const shape = z.object({
  run: z.string(),
  prev: z.number().int(),
  epoch: z.number().int(),
  changes: z.array(z.tuple([z.string(), z.unknown()])),
});

/** Reads a message of a pool's channel; `null`, as for a missed one, where it or one of its records does not parse. */
export function parseChange(
  message: string,
  allowed: AllowList,
  onBad: OnBadRecord,
): Change | null {
  try {
    const { changes, ...rest } = shape.parse(JSON.parse(message));
    const read: [string, TargetRecord][] = [];
    for (const [id, value] of changes) {
      const record = readTargetRecord(id, value, allowed, onBad);
      if (!record) return null;
      read.push([id, record]);
    }
    return { ...rest, changes: read };
  } catch {
    return null;
  }
}
