/**
 * Owns a drain's result as the sidecar leaves it behind and the controller reads it.
 * Invariant: one line of JSON far below 4096 bytes, what Kubernetes keeps of a termination message.
 */
import { z } from 'zod';

const drainResult = z.object({
  outcome: z.enum(['released', 'cut']),
  by: z.string(),
  /** Without Redis the gateways could not be asked. */
  blind: z.boolean(),
  totalMs: z.number(),
  ackMs: z.number().nullable(),
  gateways: z.number().int(),
  /** Of them, gateways whose lease had ended. */
  lost: z.number().int(),
  /** Requests that gateways still had in flight at the deadline. */
  cutRequests: z.number().int(),
  /** Gateways that had not acknowledged by the deadline. */
  unacked: z.number().int(),
  /** Connections that waited for an answer at the deadline. */
  cutConnections: z.number().int(),
  /** Somebody called the hook without the right token; the kubelet then ends the runtime at once. */
  hookRefused: z.boolean().optional(),
  /** Connections without an end of their own, closed knowingly. */
  closed: z.number().int().optional(),
});

export type DrainResult = Readonly<z.infer<typeof drainResult>>;

export function drainResultOf(result: DrainResult): string {
  return `${JSON.stringify({ drain: result })}\n`;
}

/** Reads it back; undefined for any other text. */
export function readDrainResult(text: string | undefined): DrainResult | undefined {
  try {
    return z.object({ drain: drainResult }).parse(JSON.parse(text ?? '')).drain;
  } catch {
    return undefined;
  }
}
