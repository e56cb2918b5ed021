/**
 * Owns what Redis says of its own load. Invariant: commands that clients sent are told from those inside our scripts:
 * INFO commandstats counts both, but our clients send scripts and subscriptions only, and our scripts call neither.
 */
export interface RedisReading {
  readonly atMs: number;
  /** Calls by command, since Redis started. */
  readonly calls: ReadonlyMap<string, number>;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** What happened between two readings. */
export interface RedisLoad {
  readonly seconds: number;
  /** Commands that clients sent, the meter's own INFO left out. */
  readonly clientCommands: number;
  /** The same and those inside the scripts. */
  readonly allCommands: number;
  readonly cpuMs: number;
}

const FROM_CLIENTS =
  /^(evalsha|eval|subscribe|unsubscribe|psubscribe|ping|client|hello|auth|select|script)\b/;
const OWN = /^info\b/;

/** Reads the answer of `INFO commandstats cpu memory`; `atMs` on any clock. */
export function readInfo(info: string, atMs: number): RedisReading {
  const fields = new Map(
    info.split('\r\n').flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
  const calls = [...fields].flatMap(([name, value]): [string, number][] =>
    name.startsWith('cmdstat_')
      ? [[name.slice('cmdstat_'.length), Number(/calls=(\d+)/.exec(value)?.[1] ?? 0)]]
      : [],
  );
  const seconds = (name: string): number => Number(fields.get(name) ?? 0);
  return {
    atMs,
    calls: new Map(calls),
    cpuMs: (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1000,
    memoryBytes: Number(fields.get('used_memory') ?? 0),
  };
}

/** The load between two readings. */
export function loadBetween(before: RedisReading, after: RedisReading): RedisLoad {
  const made = [...after.calls].flatMap(([name, calls]): [string, number][] =>
    OWN.test(name) ? [] : [[name, calls - (before.calls.get(name) ?? 0)]],
  );
  const sum = (list: typeof made): number => list.reduce((total, [, calls]) => total + calls, 0);
  return {
    seconds: (after.atMs - before.atMs) / 1000,
    clientCommands: sum(made.filter(([name]) => FROM_CLIENTS.test(name))),
    allCommands: sum(made),
    cpuMs: after.cpuMs - before.cpuMs,
  };
}
