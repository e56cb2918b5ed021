/** Owns how a gateway's counts of requests in flight are read back. */
import { z } from 'zod';

const countsShape = z.record(z.string(), z.number().int());

/** Target → requests in flight; none where it does not parse: one gateway's bad report must not hide the others'. */
export function readCounts(json: string): Readonly<Record<string, number>> {
  try {
    return countsShape.parse(JSON.parse(json));
  } catch {
    return {};
  }
}
