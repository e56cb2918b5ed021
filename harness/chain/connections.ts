/** Owns the count of connections that lead to an address, by `ss`. Invariant: what cannot be read is an error. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** How many connections these processes have, or are opening, to `host:port`. */
export async function connectionsTo(address: string, pids: readonly number[]): Promise<number> {
  const { stdout } = await promisify(execFile)('ss', [
    ...['-Htnp', 'state', 'established', 'state', 'syn-sent', 'dst', address],
  ]);
  const owners = [...stdout.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
  return owners.filter((pid) => pids.includes(pid)).length;
}
