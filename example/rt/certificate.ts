// Owns where the TLS certificate comes from: the files given, or one made for this run and kept only in memory.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { generate } from 'selfsigned';
import type { Config } from './config';

/** PEM key and certificate. Rejects with the file system's error if a given file cannot be read. */
export async function loadCertificate(config: Config): Promise<{ key: string; cert: string }> {
  if (config.tlsFiles) {
    const { key, cert } = config.tlsFiles;
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  }
  const { host = '' } = config.listen;
  // P-256: made in milliseconds, and the cheapest handshakes, as two cores carry the whole demo.
  const made = await generate([{ name: 'commonName', value: config.pod }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: config.pod },
          { type: 7, ip: isIP(host) ? host : '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}
