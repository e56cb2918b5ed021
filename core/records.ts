/**
 * Owns the shapes kept in the registry and how they are read back.
 * Invariant: a record that does not parse, or names an address that is not allowed, is left out and reported; it
 * never stops its reader.
 */
import { z } from 'zod';
import type { AllowList } from './allow-list';
import { targetStreams } from './streams';
import { parseTarget } from './target';

/** Who began a drain. Only `operator` and `controller` outlive the sidecar's process. */
export const drainCause = z.enum(['hook', 'signal', 'operator', 'controller']);
export type DrainCause = z.infer<typeof drainCause>;

/** A target as the registry keeps it. `gone` is a tombstone: it fences late writes of a life that has ended. */
const targetRecord = z.object({
  incarnation: z.string().min(1),
  /** Orders the lives of one target: handed out by the registry, higher is later. */
  fence: z.number().int(),
  /** Orders the statements of one life: that of the statement by which the record came to be. */
  serial: z.number().int(),
  state: z.enum(['serving', 'draining', 'gone']),
  by: drainCause.optional(),
  /** The pool's epoch when this state began. */
  epoch: z.number().int(),
  /** Redis time in ms when this state began. */
  sinceMs: z.number(),
  /** Redis time in ms at which this drain is answered in any case, where its sidecar has said so. */
  untilMs: z.number().optional(),
  pod: z.string().optional(),
  node: z.string().optional(),
  zone: z.string().optional(),
});
export type TargetRecord = z.infer<typeof targetRecord>;

/** What a gateway reports with each renewal. */
const gatewayReport = z.object({
  incarnation: z.string().min(1),
  name: z.string(),
  /** The source addresses its Kong connects from. */
  addresses: z.array(z.string()),
  /** The epoch by which its Kong routes (its ack); 0 before the first. */
  epoch: z.number().int(),
  /** Requests in flight per draining target, counted in Kong after `epoch` was applied. */
  holding: z.record(z.string(), z.number().int()),
  /** Of those of a draining target, the requests that stream. Whoever cannot read it waits for them, and still acks. */
  streams: z.record(z.string(), targetStreams).optional().catch(undefined),
  /** Of its requests in flight for a target, the uploads, where there are some: to look at, nothing is decided by it. */
  uploads: z.record(z.string(), z.number().int().nonnegative()).optional().catch(undefined),
  /** Requests in flight that Kong's own routing placed: they may be at any target. */
  unassigned: z.number().int(),
  /** For a draining target: how long before this report its last request ended, in ms. */
  endedAgoMs: z.record(z.string(), z.number()).optional(),
  leaseMs: z.number(),
  zone: z.string().optional(),
  /** Set by a gateway that has left for good: nothing of it is in flight any more. */
  left: z.boolean().optional(),
});
export type GatewayReport = z.infer<typeof gatewayReport>;

/** A gateway as the registry keeps it: its last report and when its lease ends, in Redis time (ms). */
export interface GatewayRecord extends GatewayReport {
  readonly id: string;
  readonly leaseUntilMs: number;
}

/** When a gateway made its last report, Redis time (ms). */
export function reportedMsOf({ leaseUntilMs, leaseMs }: GatewayRecord): number {
  return leaseUntilMs - leaseMs;
}

export type OnBadRecord = (id: string, why: string) => void;

/** Reads one target's record, `null` (after `onBad`) if it cannot be trusted. `record`: JSON, or what was read of it. */
export function readTargetRecord(
  id: string,
  record: unknown,
  allowed: AllowList,
  onBad: OnBadRecord,
): TargetRecord | null {
  try {
    const target = parseTarget(id);
    if (target.id !== id) throw new Error(`not canonical, expected ${target.id}`);
    if (!allowed(target.ip)) throw new Error('its address is outside the allowed CIDRs');
    return targetRecord.parse(typeof record === 'string' ? JSON.parse(record) : record);
  } catch (error) {
    onBad(id, describe(error));
    return null;
  }
}

/** Reads one gateway's report, `null` (after `onBad`) if it cannot be trusted. */
export function readGatewayReport(
  id: string,
  json: string,
  onBad: OnBadRecord,
): GatewayReport | null {
  try {
    return gatewayReport.parse(JSON.parse(json));
  } catch (error) {
    onBad(id, describe(error));
    return null;
  }
}

function describe(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error).replaceAll('\n', ' ');
  return error instanceof Error ? error.message : String(error);
}
