/** Owns which addresses a registry record may name. Invariant: an empty list allows every address. */
import ipaddr from 'ipaddr.js';
import { DrainError } from './errors';

export type AllowList = (ip: string) => boolean;

/** Reads a comma list of CIDRs. Throws `BAD_CIDR`, naming the one that is wrong. */
export function parseAllowList(text: string): AllowList {
  const ranges = text
    .split(',')
    .map((cidr) => cidr.trim())
    .filter((cidr) => cidr !== '')
    .map((cidr) => {
      if (!ipaddr.isValidCIDR(cidr)) {
        throw new DrainError('BAD_CIDR', `"${cidr}" is not a CIDR: write it as 10.8.0.0/14`);
      }
      return ipaddr.parseCIDR(cidr);
    });
  if (ranges.length === 0) return () => true;
  return (ip) => {
    const address = ipaddr.process(ip);
    return ranges.some(
      ([net, bits]) => net.kind() === address.kind() && address.match([net, bits]),
    );
  };
}
