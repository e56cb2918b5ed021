// Owns an upload's way to the disk. Invariant: a `.part` file exists only while its upload is under way in
// this process; what is answered is the hash of exactly the bytes that were written.
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { HttpError } from './answer';

export interface UploadOptions {
  readonly dir: string;
  readonly keep: boolean;
  readonly log: Logger;
}

export interface UploadResult {
  readonly sha256: string;
  readonly bytes: number;
  readonly id: string;
}

/**
 * Streams the body to a file of its own, hashing on the way, at the pace of the disk. The file is gone before
 * this resolves, unless kept as `upload-<id>.bin`. Throws HttpError 499 if the client went away, 507 if
 * the disk refused.
 */
export async function receiveUpload(
  request: IncomingMessage,
  { dir, keep, log }: UploadOptions,
): Promise<UploadResult> {
  const id = randomUUID();
  const part = join(dir, `upload-${id}.part`);
  const hash = createHash('sha256');
  let bytes = 0;

  async function* hashed(): AsyncGenerator<Buffer> {
    // The request must outlive a disk error, else its client never hears of it.
    const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of body) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }

  try {
    // A buffer of 1 MiB lets many small chunks share one write.
    await pipeline(hashed, createWriteStream(part, { flags: 'wx', highWaterMark: 1 << 20 }));
    if (keep) await rename(part, join(dir, `upload-${id}.bin`));
    else await rm(part);
  } catch (error) {
    await rm(part, { force: true });
    const expectedBytes = request.headers['content-length'];
    if (request.destroyed && !request.complete) {
      log.warn({ id, bytes, expectedBytes }, 'upload aborted, partial file removed');
      throw new HttpError(499, 'client closed the request');
    }
    log.error({ id, bytes, expectedBytes, err: error }, 'upload not stored');
    throw new HttpError(507, 'the upload could not be stored: check RT_DATA_DIR');
  }
  return { sha256: hash.digest('hex'), bytes, id };
}
