/** Owns what sidecars and gateways say in the registry's tests, complete, so that a test names only what matters to it. */
import type { DrainEntry } from '../../core/drain-entry';
import type { GatewayReport } from '../../core/records';
import type { Announcement, Life, Renewal } from '../../registry/registry';

export const LEASE_MS = 3000;
export const TARGET = '10.1.0.1:8080';

function life(id: string, fence: number, serial: number, seenEpoch: number): Life {
  return { id, incarnation: `life-${fence}`, fence, serial, seenEpoch, leaseMs: LEASE_MS };
}

export interface Said {
  readonly id?: string;
  readonly fence: number;
  readonly serial?: number;
  readonly seenEpoch?: number;
  readonly pod?: string;
  readonly zone?: string;
  readonly forMs?: number;
}

export function serving({
  id = TARGET,
  fence,
  serial = 1,
  seenEpoch = 0,
  ...more
}: Said): Announcement {
  return { ...life(id, fence, serial, seenEpoch), ...more, state: 'serving' };
}

export function draining(said: Said): Announcement {
  return { ...serving(said), state: 'draining', by: 'hook' };
}

export function gone(said: Said, why: 'released' | 'unhealthy' = 'released'): Announcement {
  return { ...serving(said), state: 'gone', why };
}

export interface Reported {
  readonly id?: string;
  readonly fence: number;
  readonly serial?: number;
  readonly seenEpoch?: number;
  readonly epoch?: number;
  readonly holding?: Readonly<Record<string, number>>;
  readonly streams?: GatewayReport['streams'];
  readonly uploads?: GatewayReport['uploads'];
  readonly news?: boolean;
  readonly left?: boolean;
}

export function renewal(reported: Reported): Renewal {
  const { id = 'gw-1', fence, serial = 1, seenEpoch = 0, epoch = 0, holding = {} } = reported;
  return {
    ...life(id, fence, serial, seenEpoch),
    report: {
      ...{ name: id, addresses: ['10.2.0.1'], epoch, holding, unassigned: 0, leaseMs: LEASE_MS },
      ...(reported.streams ? { streams: reported.streams } : {}),
      ...(reported.uploads ? { uploads: reported.uploads } : {}),
      ...(reported.left === true ? { left: true } : {}),
    },
    counts: holding,
    news: reported.news ?? false,
  };
}

/** A drain that was released after 12 ms. */
export function drainEntry(target: string): DrainEntry {
  return {
    ...{ target, by: 'hook', outcome: 'released', blind: false, totalMs: 12, ackMs: 5 },
    ...{ afterLastByteMs: 4, gateways: [{ name: 'gw-1', ackMs: 5, lost: false }] },
    ...{ cutRequests: [], cutConnections: [], timeline: [{ atMs: 0, event: 'draining' }] },
    closed: [{ kind: 'websocket', path: '/ws', clients: 3, ageMs: 70_000 }],
  };
}
