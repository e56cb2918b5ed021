// Owns the answers that wait for what happens: server-sent events at /events, long polls at /poll.
// Invariant: once released none is held. Streams are ended with the word when to come back, polls are answered.
import type { ServerResponse } from 'node:http';
import { answerJson } from './answer';

export interface LiveAnswers {
  /** Sends an event each `everyMs`, until the client goes or the release. */
  readonly stream: (response: ServerResponse, everyMs: number) => void;
  /** Answers after `ms`, as nothing ever happens here, or at the release. */
  readonly poll: (response: ServerResponse, ms: number) => void;
  /** Ends them all, and each later one at once. */
  readonly release: () => void;
}

/** Within it clients come back, not all in one moment. https://html.spec.whatwg.org/multipage/server-sent-events.html */
const RETRY_MS = 200;

export function liveAnswers(pod: string): LiveAnswers {
  const ends = new Set<() => void>();
  let released = false;

  const hold = (response: ServerResponse, timer: NodeJS.Timeout, end: () => void): void => {
    ends.add(end);
    response.once('close', () => {
      clearTimeout(timer);
      ends.delete(end);
    });
    if (released) end();
  };
  return {
    stream: (response, everyMs) => {
      let id = 0;
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no', // nginx passes each event on as it comes
      });
      const send = (): void => {
        id += 1;
        response.write(`id: ${id}\ndata: ${pod} ${new Date().toISOString()}\n\n`);
      };
      send();
      hold(response, setInterval(send, everyMs), () => {
        response.end(`retry: ${Math.ceil(Math.random() * RETRY_MS)}\n\n`);
      });
    },
    poll: (response, ms) => {
      const answer = (): void => answerJson(response, 200, { event: null, pod });
      hold(response, setTimeout(answer, ms), answer);
    },
    release: () => {
      released = true;
      for (const end of ends) end();
    },
  };
}
