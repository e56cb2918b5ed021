/** Owns which of the two ways the webhook has its certificate: files that another keeps, or its own. */
import type { InjectorConfig } from '../config';
import type { Kube } from '../kube';
import { readCertificateFiles } from './certificate-files';
import type { KeyPair } from './issue';
import { keepOwnCertificate } from './own-certificate';

const FILES_ROUND_MS = 10_000;
const OWN_ROUND_MS = 60_000;
/** A certificate is renewed when a third of its life is left: several rounds may fail before it ends. */
const ROUNDS_A_LIFE = 10;

export interface CertificateRounds {
  readonly round: () => KeyPair | Promise<KeyPair>;
  readonly roundMs: number;
}

export function certificateRounds(
  config: InjectorConfig,
  kube: Pick<Kube, 'core' | 'admission'>,
  onStep: (step: string) => void,
): CertificateRounds {
  const directory = config.DRAIN_TLS_DIR;
  if (directory !== undefined) {
    return { round: () => readCertificateFiles(directory), roundMs: FILES_ROUND_MS };
  }
  const { names, lives } = config;
  const options = {
    ...{ names, lives },
    namespace: config.POD_NAMESPACE,
    secret: config.DRAIN_TLS_SECRET,
    webhook: config.DRAIN_WEBHOOK_CONFIGURATION,
  };
  const deps = { core: kube.core, admission: kube.admission, wallMs: () => Date.now(), onStep };
  return {
    round: () => keepOwnCertificate(options, deps),
    roundMs: Math.min(OWN_ROUND_MS, lives.servingMs / ROUNDS_A_LIFE),
  };
}
