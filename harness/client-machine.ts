/**
 * Owns the clients as a machine of their own: a load process that yields to the gateways.
 * Invariant: as the load's own; it ends with its parent.
 */
import os from 'node:os';
import type { Load } from '../load/load';
import { startLoadProcess } from '../load/load-process';
import type { LoadOptions } from '../load/options';
import { ELSEWHERE_NICENESS, yieldSession } from './niceness';

/** As startLoadProcess. Rejects with `LOAD_ENDED`, `NOT_BUILT`. */
export async function startClientMachine(options: LoadOptions): Promise<Load> {
  const load = await startLoadProcess(options);
  os.setPriority(load.pid, ELSEWHERE_NICENESS);
  yieldSession(load.pid);
  return load;
}
