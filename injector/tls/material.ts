/**
 * Owns the webhook's certificates as they are kept in the Secret, and when what is renewed.
 * Invariants: a serving certificate is signed by an authority only after the API server was told to trust that one;
 * an authority stays in the bundle until it ends, so whichever certificate a replica still serves is trusted.
 */
import {
  endOfMs,
  makeAuthority,
  makeServing,
  namesHeld,
  signedBy,
  splitBundle,
  type KeyPair,
} from './issue';

export interface Material {
  /** Authorities in PEM, oldest first; the last one signs. */
  readonly bundle: readonly string[];
  readonly authorityKey: string;
  readonly serving: KeyPair;
}

export interface Lives {
  readonly authorityMs: number;
  readonly servingMs: number;
}

/** What is left of a life when it is renewed. */
const RENEW_SHARE = 1 / 3;

export type Step = 'nothing' | 'begin' | 'new-authority' | 'new-serving' | 'prune';

/** What is due. `trusted`: the authorities in the webhook's caBundle, as the API server has them. */
export function dueStep(
  material: Material | undefined,
  trusted: readonly string[],
  names: readonly string[],
  lives: Lives,
  nowMs: number,
): Step {
  const newest = material?.bundle.at(-1);
  if (!material || newest === undefined || endOfMs(newest) <= nowMs) return 'begin';
  if (endOfMs(newest) - nowMs < lives.authorityMs * RENEW_SHARE) return 'new-authority';
  const isTrusted = trusted.includes(newest);
  const { cert } = material.serving;
  const isDue =
    endOfMs(cert) - nowMs < lives.servingMs * RENEW_SHARE ||
    !namesHeld(cert, names) ||
    !signedBy(cert, newest);
  // One that has ended anyway may as well come from an authority that is not trusted yet.
  if (isDue && (isTrusted || endOfMs(cert) <= nowMs)) return 'new-serving';
  return material.bundle.some((authority) => endOfMs(authority) <= nowMs) ? 'prune' : 'nothing';
}

/** The material after the step. */
export async function takeStep(
  step: Exclude<Step, 'nothing'>,
  material: Material | undefined,
  names: readonly string[],
  lives: Lives,
  nowMs: number,
): Promise<Material> {
  const alive = (material?.bundle ?? []).filter((authority) => endOfMs(authority) > nowMs);
  if (step === 'begin' || !material) {
    const authority = await makeAuthority(nowMs, lives.authorityMs);
    return {
      bundle: [...alive, authority.cert],
      authorityKey: authority.key,
      serving: await makeServing(authority, names, nowMs, lives.servingMs),
    };
  }
  if (step === 'new-authority') {
    const authority = await makeAuthority(nowMs, lives.authorityMs);
    return { ...material, bundle: [...alive, authority.cert], authorityKey: authority.key };
  }
  if (step === 'prune') return { ...material, bundle: alive };
  const authority = { cert: alive.at(-1) ?? '', key: material.authorityKey };
  return { ...material, serving: await makeServing(authority, names, nowMs, lives.servingMs) };
}

const BUNDLE = 'ca.crt';
const AUTHORITY_KEY = 'ca.key';
const CERT = 'tls.crt';
const KEY = 'tls.key';

/** As a Secret's data. */
export function toSecretData(material: Material): Record<string, string> {
  const text = {
    [BUNDLE]: material.bundle.join('\n'),
    [AUTHORITY_KEY]: material.authorityKey,
    [CERT]: material.serving.cert,
    [KEY]: material.serving.key,
  };
  return Object.fromEntries(
    Object.entries(text).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  );
}

/** Read back; undefined where something is missing or does not parse: then all is made anew. */
export function fromSecretData(data: Readonly<Record<string, string>> | undefined) {
  const text = (name: string): string => Buffer.from(data?.[name] ?? '', 'base64').toString();
  const bundle = splitBundle(text(BUNDLE));
  const material: Material = {
    bundle,
    authorityKey: text(AUTHORITY_KEY),
    serving: { cert: text(CERT), key: text(KEY) },
  };
  try {
    [...bundle, material.serving.cert].forEach(endOfMs);
    const newest = bundle.at(-1);
    return newest !== undefined && material.authorityKey !== '' && material.serving.key !== ''
      ? material
      : undefined;
  } catch {
    return undefined;
  }
}
