/** Owns the pool's last drains in Redis. Invariant: bounded in number, age and size; no drain waits for it. */
import { boundedEntry, readDrainEntry, type DrainEntry } from '../core/drain-entry';
import type { PoolKeys } from './keys';
import { ask } from './replies';
import type { Scripts } from './scripts';

/** How many drains of a pool are kept, and each for how long: as record.lua has it. */
export const KEPT_MAX = 200;
export const KEPT_MS = 7 * 24 * 3600 * 1000;

export interface EndedDrain extends DrainEntry {
  /** Grows with each drain of the pool. */
  readonly number: number;
  /** Redis time. */
  readonly endedMs: number;
}

export interface PoolHistory {
  /** Keeps a drain that has ended. Rejects with `REGISTRY_UNREACHABLE`: then it is not kept, and nothing else. */
  record(entry: DrainEntry): Promise<void>;
  /** The last drains, oldest first; only those after number `seen`. Rejects with `REGISTRY_UNREACHABLE`. */
  last(count: number, seen?: number): Promise<readonly EndedDrain[]>;
}

export function poolHistory(keys: PoolKeys, scripts: Scripts): PoolHistory {
  return {
    record: async (entry) => {
      await ask(scripts.record, keys.pool, keys.history, JSON.stringify(boundedEntry(entry)));
    },
    last: async (count, seen = 0) => {
      const reply = await ask(scripts.history, keys.pool, keys.history, count, seen);
      return (reply[5] as string[]).flatMap((text) => {
        const [, number, endedMs, json = ''] = /^(\d+) (\d+) (.*)$/s.exec(text) ?? [];
        const entry = readDrainEntry(json);
        return entry ? [{ ...entry, number: Number(number), endedMs: Number(endedMs) }] : [];
      });
    },
  };
}
