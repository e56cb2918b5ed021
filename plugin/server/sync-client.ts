/** Owns the calls of Kong's sync route. Invariant: a call ends within its timeout and, refused, says what to change. */
import http from 'node:http';
import https from 'node:https';
import { z } from 'zod';
import { DrainError, messageOf } from '../../core/errors';
import { streamKind } from '../../core/streams';
import { TOKEN_HEADER } from './drain-registry';
import type { HandoverDesk } from './handover-desk';
import { Link } from './link';

export interface PoolHandover {
  readonly epoch: number;
  /** Until when Kong may route by the view, monotonic ms of this machine. */
  readonly untilMs: number;
  /** The lists only where Kong does not have them yet. */
  readonly serving?: readonly string[];
  readonly draining?: readonly string[];
  /** With the lists; what is left out is the same for all. */
  readonly sinceMs?: Readonly<Record<string, number>>;
  readonly shares?: Readonly<Record<string, number>>;
}

const counts = z.record(z.string(), z.number());

const streams = z.object({
  requests: z.number(),
  youngestMs: z.number(),
  groups: z.array(
    z.object({
      kind: streamKind,
      path: z.string(),
      clients: z.number(),
      oldestMs: z.number(),
    }),
  ),
});

const poolAnswer = z.object({
  /** The epoch by which Kong routes. */
  epoch: z.number(),
  /** Kong needs the lists of the epoch it was offered. */
  wanted: z.boolean(),
  /** Requests in flight for targets that drain or are gone, counted after `epoch` was applied. */
  holding: counts,
  /** Of those of draining targets, the requests that stream; times are monotonic ms. */
  streams: z.record(z.string(), streams).optional().catch(undefined),
  /** The same for serving targets; only in a full answer. */
  inFlight: counts.optional(),
  /** Of the requests in `holding` and `inFlight`, the uploads; where there are some. */
  uploads: counts.optional().catch(undefined),
  unassigned: z.number(),
  /** Fewer targets serve than `panic_below`: new requests are Kong's own routing's. */
  panics: z.boolean().optional(),
  /** When the last request of a draining target ended, monotonic ms. */
  endedMs: counts,
});

// An empty Lua table is `{}` in JSON, also where it is an empty list.
const answer = z.object({
  configured: z.union([z.array(z.string()), z.object({}).transform((): string[] => [])]),
  pools: z.record(z.string(), poolAnswer),
  stats: z.record(z.string(), z.number()),
  freeBytes: z.number(),
  /** Only of a Kong that answers on the link alone, for it quits: whether its last client is gone. */
  over: z.boolean().optional(),
});

export type PoolAnswer = z.infer<typeof poolAnswer>;
export type SyncAnswer = z.infer<typeof answer>;

/** Kong as the agent sees it. */
export interface KongSync {
  /** Hands views over and returns what Kong has applied and counts. Rejects with a `SYNC_…` code. */
  sync(pools: Readonly<Record<string, PoolHandover>>, full: boolean): Promise<SyncAnswer>;
  /** Lets a Kong that quits end. */
  hangUp(): void;
}

const TIMEOUT_MS = 1000;
/** What a call for a link hands over. */
const LINK = { link: true, full: false, pools: {} };

/** Calls the sync route at `url`, over loopback; where nobody listens there any more, the link that was opened before. */
export function kongSync(url: string, desk: HandoverDesk, nowMs: () => number): KongSync {
  const target = new URL(url);
  const transport = target.protocol === 'https:' ? https : http;
  // Kong's certificate names its clients' host, not loopback.
  const agent = new transport.Agent({
    keepAlive: true,
    maxSockets: 1,
    ...(transport === https ? { rejectUnauthorized: false } : {}),
  });

  const link = new Link(target);
  const leave = (handover: object): string => desk.leave({ sentAtMs: nowMs(), ...handover });
  const noAnswer = (error: unknown): DrainError => {
    const code = codeOf(error) === 'ECONNREFUSED' ? 'SYNC_NO_LISTENER' : 'SYNC_FAILED';
    return new DrainError(code, `no answer from Kong at ${url}: ${messageOf(error)}`, {
      cause: error,
    });
  };

  return {
    sync: async (pools, full) => {
      const token = leave({ full, pools });
      let reply: Reply;
      try {
        reply = await withRetries(() => get(transport, target, agent, token));
      } catch (error) {
        if (codeOf(error) !== 'ECONNREFUSED' || !link.isOpen) throw noAnswer(error);
        const line = await link.call(JSON.stringify({ full, pools })).catch((broken: unknown) => {
          throw noAnswer(broken);
        });
        return answer.parse(JSON.parse(line));
      }
      if (reply.status !== 200) {
        link.close(); // its worker may exit: what answers the route is not ours, or not any more
        throw refusal(url, reply.status, reply.body);
      }
      if (full && !link.isOpen) await link.open(leave(LINK));
      const { over: _, ...said } = answer.parse(JSON.parse(reply.body));
      return said;
    },
    hangUp: () => link.close(),
  };
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const ATTEMPTS = 3;

/** A worker that begins to exit closes the connections that it kept, and those that it has not accepted yet. */
async function withRetries(call: () => Promise<Reply>): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (codeOf(error) !== 'ECONNRESET' || attempt === ATTEMPTS) throw error;
    }
  }
}

function get(
  transport: typeof http | typeof https,
  url: URL,
  agent: http.Agent,
  token: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = transport.get(
      url,
      { agent, headers: { [TOKEN_HEADER]: token } },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      },
    );
    const timer = setTimeout(
      () => request.destroy(new Error(`timed out after ${TIMEOUT_MS} ms`)),
      TIMEOUT_MS,
    );
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
  });
}

function refusal(url: string, status: number, body: string): DrainError {
  if (status === 403 && body.includes('unknown drain token')) {
    return new DrainError(
      'SYNC_OTHER_PROCESS',
      'another plugin server answered for this Kong (normal for a moment after a reload)',
    );
  }
  if (status === 409 || status === 501) {
    return new DrainError('SYNC_REFUSED', `Kong's drain plugin refused the views: ${body}`);
  }
  if (status === 404) {
    return new DrainError(
      'SYNC_NO_ROUTE',
      `Kong has no sync route at ${url}: add the route with the plugins drain-registry and drain (see kong.yml), or set DRAIN_SYNC_URL`,
    );
  }
  if (status === 503) {
    return new DrainError(
      'SYNC_NO_PLUGIN',
      `the sync route ${url} answers 503: enable both plugins, drain-registry and drain, on it`,
    );
  }
  return new DrainError(
    'SYNC_REFUSED',
    `the sync route ${url} answers ${status}: another plugin stands in front of it (a global authentication or restriction?); exempt the route by an instance of that plugin that lets anyone in (enabled: false does not), or enable it per Service`,
    // Not in the message: it may hold a request id, and a message that always differs would be logged each time.
    { cause: body.slice(0, 200) },
  );
}
