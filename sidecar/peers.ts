/** Owns how the kernel's own socket table is read: who is connected, who listens (proc_pid_net(5), /proc/net/tcp). */
import { readFile } from 'node:fs/promises';
import { canonicalAddress } from '../core/target';

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const LISTEN = '0A';
/** FIN_WAIT2, TIME_WAIT, CLOSE, LISTEN: nothing of a request can be left on them. */
const CLOSED = new Set(['05', '06', '07', LISTEN]);
const WILDCARDS = ['0.0.0.0', '::'];

interface SocketRow {
  readonly local: string;
  readonly peer: string;
  readonly inode: string;
}

/** The peers with an open connection to `port` on one of the local addresses. Rejects where there is no /proc. */
export async function openPeers(
  port: number,
  localAddresses: ReadonlySet<string>,
): Promise<string[]> {
  const open = await socketsOn(port, (state) => !CLOSED.has(state));
  return open.filter(({ local }) => localAddresses.has(local)).map(({ peer }) => peer);
}

/** The inodes of the sockets that listen on `port` for one of the local addresses. Rejects where there is no /proc. */
export async function listeners(
  port: number,
  localAddresses: ReadonlySet<string>,
): Promise<string[]> {
  const listening = await socketsOn(port, (state) => state === LISTEN);
  return listening
    .filter(({ local }) => WILDCARDS.includes(local) || localAddresses.has(local))
    .map(({ inode }) => inode);
}

async function socketsOn(port: number, isWanted: (state: string) => boolean): Promise<SocketRow[]> {
  const tables = await Promise.all(
    TABLES.map((file) =>
      readFile(file, 'utf8').catch((error: unknown) => {
        const noIpv6 = file !== TABLES[0] && (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (noIpv6) return '';
        throw error;
      }),
    ),
  );
  return tables.flatMap((table) => parseSockets(table, port, isWanted));
}

/** Reads one table: `sl local_address rem_address st … inode`, addresses as hexadecimal words in host byte order. */
export function parseSockets(
  table: string,
  port: number,
  isWanted: (state: string) => boolean,
): SocketRow[] {
  const portSuffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    if (!line.includes(portSuffix)) return [];
    const fields = line.trim().split(/\s+/);
    const [, local, peer, state] = fields;
    const inode = fields[9];
    if (!local?.endsWith(portSuffix) || !peer || !state || !inode || !isWanted(state)) return [];
    return [{ local: address(local), peer: address(peer), inode }];
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
