/** Owns how certificates are made: P-256 keys, an authority of our own, serving certificates signed by it. */
import { randomUUID, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { generate } from 'selfsigned';

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

// Clocks of API servers may be behind ours.
const BACKDATE_MS = 5 * 60_000;

/** A new authority. Its name is unique, so that a chain is never built to another one's key. */
export async function makeAuthority(nowMs: number, lifeMs: number): Promise<KeyPair> {
  const made = await generate([{ name: 'commonName', value: `kong-drain ${randomUUID()}` }], {
    ...keyOptions(nowMs, lifeMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** A serving certificate for the names (DNS names and addresses), ending with its authority at the latest. */
export async function makeServing(
  authority: KeyPair,
  names: readonly string[],
  nowMs: number,
  lifeMs: number,
): Promise<KeyPair> {
  const authorityLeftMs = endOfMs(authority.cert) - nowMs;
  // A common name has 64 characters at most; names are checked by the alternative names alone.
  const made = await generate([{ name: 'commonName', value: 'kong-drain webhook' }], {
    ...keyOptions(nowMs, Math.min(lifeMs, authorityLeftMs)),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
        ),
      },
    ],
    ca: authority,
  });
  return { cert: made.cert, key: made.private };
}

function keyOptions(nowMs: number, lifeMs: number) {
  return {
    keyType: 'ec' as const,
    curve: 'P-256' as const,
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - BACKDATE_MS),
    notAfterDate: new Date(nowMs + lifeMs),
  };
}

/** When a certificate ends, ms since the epoch. */
export function endOfMs(pem: string): number {
  return Date.parse(new X509Certificate(pem).validTo);
}

/** Whether the authority signed the certificate. */
export function signedBy(pem: string, authorityPem: string): boolean {
  const authority = new X509Certificate(authorityPem);
  return new X509Certificate(pem).verify(authority.publicKey);
}

/** The names that a serving certificate holds, in the order of `names`; used to see that they have changed. */
export function namesHeld(pem: string, names: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  return names.every((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name) !== undefined
      : certificate.checkIP(name) !== undefined,
  );
}

/** The certificates of a bundle, in its order. */
export function splitBundle(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}
