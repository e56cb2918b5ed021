// Owns how a handler answers. Invariant: an answer is written at most once, and never to a client that is gone.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a handler throws to refuse a request; `message` tells the client what to do. */
export class HttpError extends Error {
  readonly code = 'RT_HTTP';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Answers with JSON and a Content-Length. Does nothing if an answer began or the client is gone. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  response.end(text);
}

/** Reads a whole small body. Throws HttpError 413 above `limitBytes`; rejects if the client goes away. */
export async function readBody(request: IncomingMessage, limitBytes = 65_536): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new HttpError(413, `send at most ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A whole number from the query within 0…max, or `fallback` if absent. Throws HttpError 400. */
export function queryNumber(query: URLSearchParams, name: string, fallback: number, max: number) {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new HttpError(400, `${name}: give a whole number from 0 to ${max}`);
  return value;
}
