/**
 * Owns the certificate that another one keeps (cert-manager) in a mounted Secret: `tls.crt` and `tls.key`.
 * Invariant: the two are taken together; while they do not fit each other (the volume is just being changed) the ones
 * before go on.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DrainError, messageOf } from '../../core/errors';
import type { KeyPair } from './issue';

/** Reads both. Throws `BAD_CERTIFICATE_FILES` where one is missing or they do not fit. */
export function readCertificateFiles(directory: string): KeyPair {
  try {
    const cert = readFileSync(path.join(directory, 'tls.crt'), 'utf8');
    const key = readFileSync(path.join(directory, 'tls.key'), 'utf8');
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return { cert, key };
    throw new Error('tls.key is not the key of tls.crt');
  } catch (error) {
    throw new DrainError('BAD_CERTIFICATE_FILES', `${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
