/**
 * Owns the shape in which a drain that has ended is kept, and how it is read back.
 * Invariant: what a sidecar writes is bounded, so that the history of a pool is.
 */
import { z } from 'zod';

const hold = z.looseObject({ gateway: z.string(), why: z.string() });

const drainEntry = z.object({
  target: z.string(),
  pod: z.string().optional(),
  node: z.string().optional(),
  by: z.string(),
  outcome: z.enum(['released', 'cut']),
  /** Without Redis the gateways could not be asked. */
  blind: z.boolean(),
  totalMs: z.number(),
  ackMs: z.number().nullable(),
  afterLastByteMs: z.number(),
  gateways: z.array(
    z.object({ name: z.string(), ackMs: z.number().nullable(), lost: z.boolean() }),
  ),
  cutRequests: z.array(hold),
  cutConnections: z.array(z.looseObject({ peer: z.string() })),
  closed: z
    .array(
      z.looseObject({ kind: z.string(), path: z.string(), clients: z.number(), ageMs: z.number() }),
    )
    .optional(),
  timeline: z.array(z.looseObject({ atMs: z.number(), event: z.string() })),
});

export type DrainEntry = Readonly<z.infer<typeof drainEntry>>;

const TIMELINE_MAX = 100;
const LISTED_MAX = 20;

/** The entry with the middle of a long timeline, and the rest of long lists, left out. */
export function boundedEntry(entry: DrainEntry): DrainEntry {
  const { timeline, cutConnections, cutRequests, closed, gateways } = entry;
  const half = TIMELINE_MAX / 2;
  const left = timeline.length - TIMELINE_MAX;
  return {
    ...entry,
    gateways: gateways.slice(0, TIMELINE_MAX),
    cutRequests: cutRequests.slice(0, LISTED_MAX),
    ...(closed ? { closed: closed.slice(0, LISTED_MAX) } : {}),
    cutConnections: cutConnections.slice(0, LISTED_MAX),
    timeline:
      left <= 0
        ? timeline
        : [
            ...timeline.slice(0, half),
            { atMs: timeline[half]?.atMs ?? 0, event: 'left out', events: left },
            ...timeline.slice(-half),
          ],
  };
}

/** Undefined for what is no drain. */
export function readDrainEntry(json: string): DrainEntry | undefined {
  try {
    return drainEntry.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}
