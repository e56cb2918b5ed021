/**
 * Owns the rounds in which the certificate is looked after, one at a time, for as long as the process lives.
 * Invariant: a round that fails leaves the certificate that is served, and is tried again soon.
 */
import type { Clock } from '../../core/clock';
import { callMessage } from '../call-error';
import type { KeyPair } from './issue';

export interface KeeperDeps {
  readonly clock: Clock;
  /** Returns the certificate to serve. */
  readonly round: () => KeyPair | Promise<KeyPair>;
  readonly onCertificate: (certificate: KeyPair) => void;
  readonly onError: (message: string) => void;
  readonly roundMs: number;
}

const RETRY_MS = 2000;

/** Looks after the certificate until stopped. Returns the stop. */
export function keepCertificate(deps: KeeperDeps): () => void {
  let served = '';
  let stopped = false;
  let cancel: () => void = () => undefined;
  const run = async (): Promise<void> => {
    let nextMs = deps.roundMs;
    try {
      const certificate = await deps.round();
      if (!stopped && certificate.cert !== served) {
        deps.onCertificate(certificate);
        served = certificate.cert;
      }
    } catch (error) {
      deps.onError(callMessage(error));
      nextMs = Math.min(RETRY_MS, deps.roundMs);
    }
    if (!stopped) cancel = deps.clock.after(nextMs, () => void run());
  };
  void run();
  return () => {
    stopped = true;
    cancel();
  };
}
