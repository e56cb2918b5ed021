/** Owns how the kernel's own socket table is read: who is connected, not for how long (proc_pid_net(5), /proc/net/tcp). */
import { readFile } from 'node:fs/promises';
import { canonicalAddress } from '../core/target';

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
/** FIN_WAIT2, TIME_WAIT, CLOSE, LISTEN: nothing of a request can be left on them. */
const CLOSED = new Set(['05', '06', '07', '0A']);

/** The peers with an open connection to `port` on one of the local addresses. Rejects where there is no /proc. */
export async function openPeers(
  port: number,
  localAddresses: ReadonlySet<string>,
): Promise<string[]> {
  const tables = await Promise.all(
    TABLES.map((file) =>
      readFile(file, 'utf8').catch((error: unknown) => {
        const noIpv6 = file !== TABLES[0] && (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (noIpv6) return '';
        throw error;
      }),
    ),
  );
  return tables.flatMap((table) => parsePeers(table, port, localAddresses));
}

/** Reads one table: `sl local_address rem_address st …`, addresses as hexadecimal words in host byte order. */
export function parsePeers(
  table: string,
  port: number,
  localAddresses: ReadonlySet<string>,
): string[] {
  const portSuffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const [, local, peer, state] = line.trim().split(/\s+/);
    if (!local?.endsWith(portSuffix) || !peer || !state || CLOSED.has(state)) return [];
    return localAddresses.has(address(local)) ? [address(peer)] : [];
  });
}

function address(endpoint: string): string {
  const hex = endpoint.slice(0, endpoint.indexOf(':'));
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, 'hex')].reverse());
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.flatMap((byte, i) =>
    i % 2 === 0 ? [((byte << 8) | (bytes[i + 1] ?? 0)).toString(16)] : [],
  );
  return canonicalAddress(groups.join(':'));
}
