/**
 * Owns the name of a target: `ip:port`, IPv6 in brackets.
 * Invariant: two spellings of one address give one id, so that a count and a record always meet.
 */
import ipaddr from 'ipaddr.js';
import { DrainError } from './errors';

export interface Target {
  /** The canonical `ip:port`, `[ip]:port` for IPv6. */
  readonly id: string;
  readonly ip: string;
  readonly port: number;
}

const SHAPE = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/;

/** Reads `ip:port` or `[ip]:port`. Throws `BAD_TARGET` for names, zone ids and ports outside 1–65535. */
export function parseTarget(text: string): Target {
  const match = SHAPE.exec(text);
  const [, ipv6 = '', ipv4 = ''] = match ?? [];
  const port = Number(match?.[3]);
  // Four decimal parts only: "010.0.0.1" and "10.1" are addresses as well, but not those that they look like.
  const isAddress = ipaddr.IPv6.isValid(ipv6) || ipaddr.IPv4.isValidFourPartDecimal(ipv4);
  if (!isAddress || !(port >= 1 && port <= 65_535)) {
    throw new DrainError(
      'BAD_TARGET',
      `"${text}" is not a target: give ip:port, an IPv6 address in brackets ([fd00::1]:8080)`,
    );
  }
  const parsed = ipaddr.process(ipv6 || ipv4);
  if (parsed.range() === 'unspecified') {
    throw new DrainError(
      'BAD_TARGET',
      `"${text}" is no target: nobody can connect to that address`,
    );
  }
  const ip = parsed.toString();
  return { id: parsed.kind() === 'ipv6' ? `[${ip}]:${port}` : `${ip}:${port}`, ip, port };
}

/** The canonical spelling of an address, `::ffff:10.0.0.1` as `10.0.0.1`. Throws on what is none. */
export function canonicalAddress(address: string): string {
  return ipaddr.process(address.replace(/%.*$/, '')).toString();
}
