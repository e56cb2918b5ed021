/**
 * Owns what is said of requests that stream: upgraded ones, and those whose answer has begun.
 * Invariant: a request counts as long only if everything that its gateway has in flight for the target streams too, and
 * for that long; then nothing else can be among what is no longer waited for.
 */
import { z } from 'zod';

/** `sse`: by what the client asked for. `stream`: any other answer that has begun, a slow download too. */
export const streamKind = z.enum(['websocket', 'sse', 'stream']);
export type StreamKind = z.infer<typeof streamKind>;

/** What one gateway says of the requests that stream from one draining target; `…AgoMs` count back from its report. */
export const targetStreams = z.object({
  requests: z.number().int(),
  youngestAgoMs: z.number(),
  groups: z.array(
    z.object({
      kind: streamKind,
      /** Without query; empty for those of further paths, together. */
      path: z.string(),
      clients: z.number().int(),
      oldestAgoMs: z.number(),
    }),
  ),
});
export type TargetStreams = z.infer<typeof targetStreams>;

/** After how long, from the draining's begin and from that of their own, streams are no longer waited for. Redis time. */
export interface Patience {
  readonly longMs: number;
  readonly drainingSinceMs: number;
}

/** Connections that were closed knowingly, for they had no end of their own. */
export interface ClosedConnections {
  readonly kind: StreamKind;
  readonly path: string;
  readonly clients: number;
  /** For how long the oldest of them had streamed. */
  readonly ageMs: number;
}

/** Whether the gateway's `inFlight` requests all stream, and long enough. @param reportedMs when it said so */
export function areLong(
  streams: TargetStreams,
  inFlight: number,
  { nowMs, reportedMs }: { readonly nowMs: number; readonly reportedMs: number },
  { longMs, drainingSinceMs }: Patience,
): boolean {
  const youngestMs = Math.max(reportedMs - streams.youngestAgoMs, drainingSinceMs);
  return streams.requests >= inFlight && nowMs - youngestMs >= longMs;
}

/** The streams as they stand at `nowMs`. */
export function closedConnections(
  streams: TargetStreams,
  { nowMs, reportedMs }: { readonly nowMs: number; readonly reportedMs: number },
): ClosedConnections[] {
  return streams.groups.map(({ kind, path, clients, oldestAgoMs }) => ({
    ...{ kind, path, clients },
    ageMs: Math.round(nowMs - reportedMs + oldestAgoMs),
  }));
}

/** Those of one kind and path together, the most clients first. */
export function joined(closed: readonly ClosedConnections[]): ClosedConnections[] {
  const byName = new Map<string, ClosedConnections>();
  for (const one of closed) {
    const name = `${one.kind} ${one.path}`;
    const { clients = 0, ageMs = 0 } = byName.get(name) ?? {};
    byName.set(name, {
      ...one,
      clients: clients + one.clients,
      ageMs: Math.max(ageMs, one.ageMs),
    });
  }
  return [...byName.values()].sort((a, b) => b.clients - a.clients);
}

export function clientsOf(closed: readonly ClosedConnections[]): number {
  return closed.reduce((sum, { clients }) => sum + clients, 0);
}
