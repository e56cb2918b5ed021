/**
 * Owns one upload: its pace on the way out and the check of the answer.
 * Invariant: `sentBytes` counts what was handed to the connection, so it never runs ahead of the client.
 */
import type { ClientRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { UploadBody } from './body';
import type { ClientConnections } from './agents';
import { exchange } from './exchange';
import type { FailureKind } from './failure';

/** An upload under way, as `snapshot()` shows it. */
export interface UploadProgress {
  readonly number: number;
  readonly gateway: string;
  readonly totalBytes: number;
  sentBytes: number;
}

export type UploadOutcome =
  | { readonly outcome: 'ok' | 'corrupt' | 'unchecked' }
  | { readonly outcome: 'cut'; readonly kind: FailureKind; readonly reusedConnection: boolean };

export interface UploadSpec {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: ClientConnections;
  readonly body: UploadBody;
  readonly chunked: boolean;
  readonly fresh: boolean;
  /** Bytes per second; 0: as fast as it goes. */
  readonly rate: number;
  readonly timeoutMs: number;
  readonly abandon: AbortSignal;
  readonly progress: UploadProgress;
}

const PIECE_BYTES = 256 * 1024;
/** A slow client's writes: many small ones, as a phone's. */
const PACED_WRITES_PER_SECOND = 20;

/** Uploads one body; resolves in `timeoutMs` at the latest, never rejects. */
export async function upload(spec: UploadSpec): Promise<UploadOutcome> {
  const { url, body } = spec;
  const result = await exchange({
    url,
    timeoutMs: spec.timeoutMs,
    abandon: spec.abandon,
    keepsBody: true,
    options: {
      ...spec.connections.options(url, spec.fresh),
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        ...spec.headers,
        ...(spec.chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': body.bytes }),
      },
    },
    send: (request, isOver) => sendBody(request, spec, isOver),
  });
  if (!result.ok) {
    return { outcome: 'cut', kind: result.kind, reusedConnection: result.reusedConnection };
  }
  const told = answeredHash(result.body);
  if (told === undefined) return { outcome: 'unchecked' };
  return { outcome: told === body.sha256 ? 'ok' : 'corrupt' };
}

/** How long an upload may take at most: its own duration at `rate` and half as much again, and a minute or two for queues and retries. */
export function uploadBoundMs(bytes: number, rate: number): number {
  return 120_000 + (rate > 0 ? (bytes / rate) * 1500 : 0);
}

async function sendBody(
  request: ClientRequest,
  { body, rate, progress }: UploadSpec,
  isOver: () => boolean,
): Promise<void> {
  const pieceBytes =
    rate > 0
      ? Math.min(PIECE_BYTES, Math.max(1, Math.floor(rate / PACED_WRITES_PER_SECOND)))
      : PIECE_BYTES;
  const startedMs = performance.now();
  for (const piece of body.pieces(pieceBytes)) {
    if (rate > 0) {
      const aheadMs = (progress.sentBytes / rate) * 1000 - (performance.now() - startedMs);
      if (aheadMs > 1) await delay(aheadMs);
    }
    if (isOver()) return;
    if (!request.write(piece)) await drainedOrClosed(request);
    progress.sentBytes += piece.length;
  }
  if (!isOver()) request.end();
}

function drainedOrClosed(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      request.off('drain', done).off('close', done);
      resolve();
    };
    if (request.destroyed) resolve();
    else request.on('drain', done).on('close', done);
  });
}

/** The `sha256` of a JSON answer; undefined if it tells none. */
function answeredHash(body: Buffer): string | undefined {
  try {
    const told = (JSON.parse(body.toString()) as { sha256?: unknown } | null)?.sha256;
    return typeof told === 'string' ? told.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}
