/**
 * Owns the pages that listen. Invariants: each hears the whole first and every event after it, in order; one that does not
 * read is let go, and comes again by itself.
 */
import type { Request, Response } from 'express';
import type { Events } from '../page/wire';
import { refuse } from './guard';

const PAGES_MAX = 200;
const UNREAD_MAX_BYTES = 4_000_000;
const KEEP_ALIVE_MS = 15_000;
const RETRY_MS = 1000;

export class Stream {
  readonly #pages = new Set<Response>();
  readonly #timer = setInterval(() => this.#write(': alive\n\n'), KEEP_ALIVE_MS).unref();

  constructor(private readonly whole: () => Events['whole']) {}

  readonly open = (request: Request, response: Response): void => {
    if (this.#pages.size >= PAGES_MAX) {
      const message = `${PAGES_MAX} pages are open already: close one, then reload`;
      refuse(response, 503, { code: 'TOO_MANY_PAGES', message });
      return;
    }
    response.set({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.type('text/event-stream');
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(`retry: ${RETRY_MS}\n\n${eventText('whole', this.whole())}`);
    this.#pages.add(response);
    request.on('close', () => this.#pages.delete(response));
  };

  tell<Name extends keyof Events>(name: Name, data: Events[Name]): void {
    if (this.#pages.size > 0) this.#write(eventText(name, data));
  }

  /** Ends every page's stream. */
  close(): void {
    clearInterval(this.#timer);
    for (const page of this.#pages) page.end();
    this.#pages.clear();
  }

  #write(text: string): void {
    for (const page of this.#pages) {
      if (page.writableLength > UNREAD_MAX_BYTES) page.destroy();
      else page.write(text);
    }
  }
}

function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
