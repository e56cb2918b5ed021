/**
 * Owns what outlives the sidecar's container: the drain's result as the termination message that Kubernetes keeps in the
 * pod's status (terminationMessagePath, 4096 bytes at most), where the controller reads it, with or without Redis.
 */
import { writeFileSync } from 'node:fs';
import { requestsOf } from '../core/barrier';
import { drainResultOf } from '../core/drain-result';
import { clientsOf } from '../core/streams';
import type { DrainSummary } from './timeline';

/** Writes the result. Throws where the file cannot be written. */
export function writeTerminationLog(
  file: string,
  summary: DrainSummary,
  hookRefused: boolean,
): void {
  const result = drainResultOf({
    outcome: summary.outcome,
    by: summary.by,
    blind: summary.blind,
    totalMs: summary.totalMs,
    ackMs: summary.ackMs,
    gateways: summary.gateways.length,
    lost: summary.gateways.filter(({ lost }) => lost).length,
    cutRequests: requestsOf(summary.cutRequests),
    unacked: summary.cutRequests.filter(({ why }) => why === 'not-acked').length,
    cutConnections: summary.cutConnections.length,
    closed: clientsOf(summary.closed),
    ...(hookRefused ? { hookRefused } : {}),
  });
  writeFileSync(file, result);
}
