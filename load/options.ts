/**
 * Owns what a load can be told. Invariant: what a request is like (slow, chunked, on a fresh connection)
 * depends on the seed and its number alone, not on timing or on what else is under way.
 */
import { seededRandom } from '../core/random';

export interface LoadOptions {
  /** The gateways, http or https, taken in turn. */
  readonly urls: readonly string[];
  /** GETs per second over all gateways; 0: none. */
  readonly getRate?: number;
  /** Small POSTs to /echo per second. */
  readonly postRate?: number;
  /** Uploads at once. */
  readonly uploads?: number;
  /** Megabytes (10^6 bytes) per upload. */
  readonly uploadMb?: number;
  /** Bytes per second and upload; 0: as fast as it goes. */
  readonly uploadRate?: number;
  /** Share (0–1) of uploads whose clients are slow, and the bytes per second of these. */
  readonly slowShare?: number;
  readonly slowRate?: number;
  readonly seed?: number;
  /** Accept any certificate. */
  readonly insecure?: boolean;
  readonly getPath?: string;
  readonly uploadPath?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bound on a GET or small POST. */
  readonly timeoutMs?: number;
  /** Bound on an upload; 0: by its size and rate. */
  readonly uploadTimeoutMs?: number;
  /** Share (0–1) of GETs and POSTs on a connection of their own. */
  readonly freshShare?: number;
  /** Share (0–1) of uploads without Content-Length. */
  readonly chunkedShare?: number;
  /** An upload whose answer tells no hash is corrupt. */
  readonly hashRequired?: boolean;
  /** Clients close a connection that they have not used for so long. */
  readonly idleMs?: number;
  /** The runtimes' RT_JOURNAL files, asked for at the end. Without it POSTs are not checked. */
  readonly journals?: () => readonly string[];
}

export type LoadSettings = Required<Omit<LoadOptions, 'journals' | 'urls'>>;

const DEFAULTS: LoadSettings = {
  getRate: 100,
  postRate: 30,
  uploads: 0,
  uploadMb: 50,
  uploadRate: 0,
  slowShare: 0,
  slowRate: 1_000_000,
  seed: 1,
  insecure: false,
  getPath: '/',
  uploadPath: '/upload',
  headers: {},
  timeoutMs: 30_000,
  uploadTimeoutMs: 0,
  freshShare: 0.1,
  chunkedShare: 1 / 3,
  hashRequired: true,
  idleMs: 10_000,
};

/** Fills in the defaults. */
export function settingsOf({ urls: _, journals: __, ...given }: LoadOptions): LoadSettings {
  return { ...DEFAULTS, ...given };
}

/** The traits of one request. */
export interface Traits {
  readonly fresh: boolean;
  /** How long a small POST stays in its pod: half of them not at all, the others 20–80 ms. */
  readonly stayMs: number;
}

/** GETs and small POSTs, by their number. */
export function requestTraits(number: number, { seed, freshShare }: LoadSettings): Traits {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ number);
  return {
    fresh: random() < freshShare,
    stayMs: random() < 0.5 ? 0 : 20 + Math.floor(random() * 61),
  };
}

/** Uploads, by their number: some chunked, half on a connection of their own, some slow. Rates in bytes per second. */
export function uploadTraits(
  number: number,
  { seed, chunkedShare, uploadRate, slowShare, slowRate }: LoadSettings,
): { readonly chunked: boolean; readonly fresh: boolean; readonly rate: number } {
  const random = seededRandom(Math.imul(seed, 0x85ebca6b) ^ number);
  return {
    chunked: random() < chunkedShare,
    fresh: random() < 0.5,
    rate: random() < slowShare ? slowRate : uploadRate,
  };
}

const STAGGER_MS = 2000;

/** Paced uploads begin one after the other, else all would end, and reach their pods, at the same moments. */
export function staggerMs({ uploads, uploadMb, uploadRate }: LoadSettings): number {
  if (uploadRate === 0) return 0;
  return Math.min(STAGGER_MS, (uploadMb * 1e9) / uploadRate / uploads);
}
