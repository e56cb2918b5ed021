/**
 * Owns which loopback addresses a fleet uses: pods 127.1.x.y, gateways 127.2.x.y, the Service 127.3.0.s.
 * Invariant: fleets of one machine, in whatever processes, share none, and within a fleet a pod's number is always new.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { DrainError } from '../core/errors';

export const POD_PORT = 8080;
export const SIDECAR_PORT = 8081;
/** Whoever listens here on 127.3.0.s has slot s; the system frees it with the process. */
const LOCK_PORT = 8079;
const SLOTS = 60;
const PODS_PER_SLOT = 1024;
const GATEWAYS_PER_SLOT = 256;

export interface AddressBook {
  /** From 1; slot 1 has 127.3.0.1 and pods from 127.1.0.1. */
  readonly slot: number;
  readonly serviceAddress: string;
  nextPodNumber(): number;
  nextGatewayNumber(): number;
  release(): void;
}

/** The address of a pod: number 1 is 127.1.0.1, 256 is 127.1.1.0. */
export const podAddress = (number: number): string => `127.1.${number >> 8}.${number & 255}`;

/** The address that a gateway connects from. */
export const gatewayAddress = (number: number): string => `127.2.${number >> 8}.${number & 255}`;

/** Takes the lowest slot that no other fleet on this machine has. Throws `NO_FREE_SLOT`. */
export async function openAddressBook(): Promise<AddressBook> {
  for (let slot = 1; slot <= SLOTS; slot++) {
    const serviceAddress = `127.3.0.${slot}`;
    const lock = await tryListen(serviceAddress);
    if (!lock) continue;
    return {
      slot,
      serviceAddress,
      nextPodNumber: numbers((slot - 1) * PODS_PER_SLOT, PODS_PER_SLOT),
      nextGatewayNumber: numbers((slot - 1) * GATEWAYS_PER_SLOT, GATEWAYS_PER_SLOT),
      release: () => lock.close(),
    };
  }
  throw new DrainError('NO_FREE_SLOT', `${SLOTS} fleets run on this machine: stop one`);
}

/** Counts up from the base, leaving out those whose address would end in .0 or .255. */
function numbers(base: number, count: number): () => number {
  let last = base;
  return () => {
    do last++;
    while ([0, 255].includes(last & 255));
    if (last >= base + count) {
      throw new DrainError('NO_FREE_ADDRESS', `this fleet has used its ${count} addresses`);
    }
    return last;
  };
}

async function tryListen(host: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host, port: LOCK_PORT, exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  return server.unref();
}
