/** Owns what a line of /proc/PID/stat says (proc_pid_stat(5)). Invariant: a name may hold anything, parentheses too. */

export interface ProcessStat {
  readonly name: string;
  /** `Z` and `X`: it is dead. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** User and system time, in ticks of USER_HZ. */
  readonly ticks: number;
}

export function parseStat(line: string): ProcessStat {
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' '); // from the third on, state
  return {
    name: line.slice(line.indexOf('(') + 1, end),
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    ticks: Number(fields[11]) + Number(fields[12]),
  };
}
