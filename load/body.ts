/**
 * Owns the bodies of the uploads: one buffer made at the start, sliced, never copied.
 * Invariant: no two uploads of one load have the same hash, so an answer for another upload is seen.
 */
import { createCipheriv, createHash, type Hash } from 'node:crypto';

export interface UploadBody {
  readonly bytes: number;
  readonly sha256: string;
  /** The body in order, in pieces of at most `pieceBytes`. */
  pieces(pieceBytes: number): Iterable<Buffer>;
}

/** What makes each body unique; at its end, so that the hash of all before it is known already. */
const TAIL_BYTES = 64;
/** The shared buffer is entered at as many places, so that two bodies differ all the way. */
const ROTATIONS = 4;

/** Prepares bodies of exactly `bytes`. Takes about 0.1 s and once the memory per 50 MB. */
export function prepareBodies(bytes: number, seed: number): (number: number) => UploadBody {
  const shared = seededBytes(seed, Math.max(0, bytes - TAIL_BYTES));
  const rotations = Array.from({ length: ROTATIONS }, (_, index) => {
    const start = Math.floor((shared.length * index) / ROTATIONS);
    const parts = [shared.subarray(start), shared.subarray(0, start)];
    return { parts, hash: parts.reduce<Hash>((hash, part) => hash.update(part), sha256()) };
  });
  return (number) => {
    const { parts, hash } = rotations[number % ROTATIONS] as (typeof rotations)[number];
    const tail = Buffer.from(`${number}/${seed}`.padEnd(TAIL_BYTES, '.')).subarray(
      0,
      Math.min(bytes, TAIL_BYTES),
    );
    return {
      bytes,
      sha256: hash.copy().update(tail).digest('hex'),
      pieces: (pieceBytes) => sliced([...parts, tail], pieceBytes),
    };
  };
}

/** Bytes that nothing on the way can shrink (AES-CTR keyed by the seed: about 1 GB/s). */
function seededBytes(seed: number, bytes: number): Buffer {
  const key = createHash('sha256').update(`kong-drain load ${seed}`).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16, 32));
  return cipher.update(Buffer.alloc(bytes));
}

function sha256(): Hash {
  return createHash('sha256');
}

function* sliced(parts: readonly Buffer[], pieceBytes: number): Iterable<Buffer> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += pieceBytes) yield part.subarray(at, at + pieceBytes);
  }
}
