/**
 * Owns the Events on pods. Invariant: one Event of a kind per pod, whichever replica led when: its name is made from the
 * pod and the kind, so that a second one is refused by the API server.
 */
import { createHash } from 'node:crypto';
import { ApiException, type CoreV1Api } from '@kubernetes/client-node';
import { callMessage } from '../call-error';
import { counted } from '../../core/counted';
import type { DrainResult } from '../../core/drain-result';

export type PodEventReason =
  | 'DrainBegun'
  | 'DrainReleased'
  | 'DrainCut'
  | 'DrainUnknown'
  | 'SidecarMissing'
  | 'SidecarRefused';

export interface EventObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

export interface PodEvent {
  readonly object: EventObject;
  readonly reason: PodEventReason;
  readonly message: string;
}

const WARNINGS: ReadonlySet<PodEventReason> = new Set([
  'DrainCut',
  'DrainUnknown',
  'SidecarMissing',
  'SidecarRefused',
]);
const MESSAGE_CHARACTERS = 1024; // more is refused (k8s.io/api/events/v1)
const NAME_CHARACTERS = 200;
const COMPONENT = 'kong-drain';

/** Writes the Event unless it is there. Never rejects; what went wrong goes to `onError`. */
export async function writeEvent(
  core: CoreV1Api,
  { object, reason, message }: PodEvent,
  onError: (message: string) => void,
): Promise<void> {
  const now = new Date();
  const identity = createHash('sha256').update(`${object.uid ?? object.name} ${reason}`);
  const name = `${object.name.slice(0, NAME_CHARACTERS)}.${identity.digest('hex').slice(0, 16)}`;
  try {
    await core.createNamespacedEvent({
      namespace: object.namespace,
      body: {
        metadata: { name, namespace: object.namespace },
        involvedObject: object,
        reason,
        message: message.slice(0, MESSAGE_CHARACTERS),
        type: WARNINGS.has(reason) ? 'Warning' : 'Normal',
        ...{ firstTimestamp: now, lastTimestamp: now, count: 1 },
        source: { component: COMPONENT },
        reportingComponent: COMPONENT,
        reportingInstance: '',
      },
    });
  } catch (error) {
    if (error instanceof ApiException && error.code === 409) return;
    onError(`Event ${reason} on ${object.namespace}/${object.name}: ${callMessage(error)}`);
  }
}

/** What a drain's Event says. */
export function describeResult(result: DrainResult): string {
  const { outcome, by, gateways, lost, blind, cutRequests, cutConnections, unacked } = result;
  const seconds = (result.totalMs / 1000).toFixed(2);
  const asked = blind
    ? 'the registry did not answer, so by quiet sockets alone'
    : `${counted(gateways, 'gateway')}${lost > 0 ? `, ${lost} of them lost` : ''}`;
  const refused = result.hookRefused ? '; a preStop hook was refused: wrong or missing token' : '';
  const closed = result.closed ? `; ${result.closed} long connection(s) closed knowingly` : '';
  if (outcome === 'released')
    return `released after ${seconds} s (by ${by}; ${asked})${closed}${refused}`;
  const held = unacked > 0 ? `; ${unacked} gateway(s) had not acknowledged` : '';
  return (
    `cut at the deadline after ${seconds} s: ${cutRequests} request(s) in flight, ` +
    `${cutConnections} connection(s) waiting for an answer (by ${by}; ${asked})${held}${closed}${refused}`
  );
}
