/**
 * Owns the look at the pod's own sockets: the kernel's table for who is there, iproute2's `ss` for how long they have
 * been silent. Invariant: what cannot be read is an error, never taken for closed.
 */
import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { DrainError, messageOf } from '../core/errors';
import { canonicalAddress, type Target } from '../core/target';
import { listeners, openPeers } from './peers';
import type { Sockets } from './socket-watch';
import { parseSs } from './ss';

const run = promisify(execFile);
const SS_TIMEOUT_MS = 2000;
/** A line has about 500 bytes: enough for 100,000 connections. */
const SS_OUTPUT_MAX_BYTES = 64 << 20;
/** All in which something of a request may be left; without TIME-WAIT, of which a busy pod has tens of thousands. */
const OPEN_STATES = ['established', 'syn-recv', 'fin-wait-1', 'close-wait', 'last-ack', 'closing'];

/** The sockets of the runtime's port on this pod's addresses. */
export function socketsOf(target: Target): Sockets {
  const filter = [
    ...OPEN_STATES.flatMap((state) => ['state', state]),
    ...['sport', '=', `:${target.port}`],
  ];
  const options = { timeout: SS_TIMEOUT_MS, maxBuffer: SS_OUTPUT_MAX_BYTES };
  return {
    peers: () => openPeers(target.port, podAddresses(target.ip)).catch(unreadable),
    listeners: () => listeners(target.port, podAddresses(target.ip)),
    connections: async () => {
      const ss = run('ss', ['-tniHO', ...filter], options).catch(unreadable);
      return parseSs((await ss).stdout, podAddresses(target.ip));
    },
  };
}

function unreadable(error: unknown): never {
  throw new DrainError(
    'SOCKETS_UNREADABLE',
    `cannot read the pod's sockets (is iproute2 installed, /proc mounted?): ${messageOf(error)}`,
    { cause: error },
  );
}

/** The addresses of this pod: clients of a dual-stack pod use either. Loopback only where it is the target's own. */
function podAddresses(targetIp: string): Set<string> {
  const others = Object.values(os.networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => canonicalAddress(address));
  return new Set([targetIp, ...others]);
}
