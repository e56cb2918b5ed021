/** Owns the stand-in's certificate; a real Kong makes its own. Invariant: self-signed, for loopback only. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';

/** Writes a certificate and its key into the directory, once. */
export async function writeCertificate(dir: string): Promise<{ cert: string; key: string }> {
  const cert = path.join(dir, 'tls.crt');
  const key = path.join(dir, 'tls.key');
  if (!existsSync(cert)) {
    const pair = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    writeFileSync(cert, pair.cert);
    writeFileSync(key, pair.private, { mode: 0o600 });
  }
  return { cert, key };
}
