/**
 * Owns a stand-in gateway with the `drain` plugin and a view of its own making, for tests of where requests go.
 * Invariant: the view is stored by the plugin's own code, as the sync route would.
 */
import type { Declarative } from '../../../harness/standin/declarative';
import type { StandInOptions } from '../../../harness/standin/standin';
import {
  ask,
  script,
  startGateway,
  startUpstream,
  type Answer,
  type Gateway,
} from '../../standin/support';

export interface Handed {
  readonly serving: readonly string[];
  readonly draining?: readonly string[];
  /** How long each has served, ms. */
  readonly ages?: Readonly<Record<string, number>>;
  readonly shares?: Readonly<Record<string, number>>;
}

export interface Placing {
  readonly gateway: Gateway;
  /** Stores a view for the pool; valid for an hour. */
  hand(view: Handed): Promise<void>;
  /** What was answered, and by which target. */
  place(headers?: Record<string, string>, url?: string): Promise<Answer & { target: string }>;
}

const HAND = `
local cjson, views, store = require "cjson.safe", require "kong.plugins.drain.views", require "kong.plugins.drain.store"
local view, now = cjson.decode(kong.request.get_header("x-view")), store.now_ms()
local since
for id, age in pairs(view.ages or {}) do
  since = since or {}
  since[id] = now - age
end
local epoch = (store.dict:get("epoch:rt") or 0) + 1
views.apply("rt", {
  epoch = epoch, untilMs = now + 3600000, serving = view.serving, draining = view.draining or {},
  sinceMs = since, shares = view.shares,
})
kong.response.exit(200, {})`;

/** So many targets, each of which names itself in its answer. */
export async function startTargets(
  count: number,
  setCookie: readonly string[] = [],
): Promise<string[]> {
  const upstreams = Array.from({ length: count }, () =>
    startUpstream((request, response) => {
      if (setCookie.length > 0) response.setHeader('set-cookie', setCookie);
      response.end(`127.0.0.1:${request.socket.localPort ?? 0}`);
    }),
  );
  return (await Promise.all(upstreams)).map(({ port }) => `127.0.0.1:${port}`);
}

/** A gateway whose Service has the pool `rt` and Kong's own way to `fallback`. */
export async function startPlacing(
  config: Readonly<Record<string, unknown>>,
  fallback: string,
  options: Partial<StandInOptions> = {},
): Promise<Placing> {
  const declarative: Declarative = {
    upstreams: [{ name: 'rt.upstream', targets: [{ target: fallback }] }],
    services: [
      {
        name: 'rt',
        host: 'rt.upstream',
        routes: [{ name: 'rt', paths: ['/rt'] }],
        plugins: [{ name: 'drain', config: { pool: 'rt', ...config } }],
      },
    ],
    routes: [{ name: 'hand', paths: ['/hand'], plugins: [script(HAND)] }],
  };
  const gateway = await startGateway(declarative, { plugins: ['script', 'drain'], ...options });
  return {
    gateway,
    hand: async (view) => {
      const headers = { 'x-view': JSON.stringify(view) };
      const { status, body } = await ask(`${gateway.url}/hand`, { headers });
      if (status !== 200) throw new Error(`${status} ${body}`);
    },
    place: async (headers = {}, url = gateway.url) => {
      const answer = await ask(`${url}/rt`, { headers });
      return { ...answer, target: answer.body };
    },
  };
}

/** The targets of so many requests with different values of a header. */
export async function placesOf(
  placing: Placing,
  header: string,
  count: number,
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    places.set(`s${i}`, (await placing.place({ [header]: `s${i}` })).target);
  }
  return places;
}
