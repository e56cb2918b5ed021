/** Owns how the scripts' replies are read: Redis's failures as one error, records that were checked. */
import { DrainError, messageOf } from '../core/errors';
import {
  readGatewayReport,
  type GatewayRecord,
  type GatewayReport,
  type OnBadRecord,
} from '../core/records';
import type { PoolState } from './registry';
import type { Script } from './scripts';

/** Runs a script. Rejects with `REGISTRY_UNREACHABLE`. */
export async function ask(script: Script, ...args: (string | number)[]): ReturnType<Script> {
  try {
    return await script(...args);
  } catch (error) {
    throw new DrainError('REGISTRY_UNREACHABLE', `Redis did not answer: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

export function poolState(reply: readonly (string | string[])[]): PoolState {
  return {
    run: reply[0] as string,
    epoch: Number(reply[1]),
    bornMs: Number(reply[2]),
    nowMs: Number(reply[3]),
  };
}

/** A gateway that speaks another version of the protocol has a living lease all the same: it has acked nothing. */
const UNREADABLE: GatewayReport = {
  ...{ incarnation: 'unreadable', name: 'unreadable', addresses: [], epoch: 0 },
  ...{ holding: {}, unassigned: 0, leaseMs: 0 },
};

/** Reads `<lease end> <report JSON>`; empty (after `onBad`) without a lease. */
export function gatewayRecord(id: string, value: string, onBad: OnBadRecord): GatewayRecord[] {
  const space = value.indexOf(' ');
  const leaseUntilMs = Number(value.slice(0, space));
  if (!Number.isFinite(leaseUntilMs)) {
    onBad(id, 'it has no lease');
    return [];
  }
  const report = readGatewayReport(id, value.slice(space + 1), onBad);
  return [{ ...(report ?? UNREADABLE), id, leaseUntilMs }];
}

/** A hash as Redis lists it: field, value, field, value. */
export function pairs(flat: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2)
    found.push([flat[i] as string, flat[i + 1] as string]);
  return found;
}
