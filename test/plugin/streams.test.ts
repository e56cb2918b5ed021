/** What a worker tells of requests that stream, by the plugin's own Lua in a real nginx. */
import { waitFor } from '../../harness/wait';
import { cleanUp } from '../standin/support';
import { startLua } from './affinity/lua';

interface Streams {
  readonly requests: number;
  readonly youngestMs: number;
  readonly groups: readonly { kind: string; path: string; clients: number; oldestMs: number }[];
}

interface Seen {
  readonly nowMs: number;
  /** Target → what streams from it, of a draining and of a serving target. */
  readonly told: Readonly<Record<string, Streams>>;
  readonly keys: number;
}

const PATHS = 14;
const KEPT = 10;
const AGE_MS = 5000;

const COMMON = `
local streams, views, store = drain "streams", drain "views", drain "store"
local held = package.loaded.held_streams or {}
package.loaded.held_streams = held
local function see()
  local keys = 0
  for _, key in ipairs(store.dict:get_keys(0)) do
    keys = keys + (key:find("^streams:") and 1 or 0)
  end
  local told = streams.report("rt", { target(1).id, target(2).id })
  return { nowMs = store.now_ms(), told = next(told) and told or nil, keys = keys }
end
local function open(i, begun_ago, path, route)
  local begun = begun_ago and ngx.now() * 1000 - begun_ago
  local state = { target = target(i), conf = { pool = "rt" } }
  streams.opened(state, {
    KONG_HEADER_FILTER_START = begun, request_uri = path, route = route or {}, service = { protocol = "http" },
  })
  held[#held + 1] = state
end
`;

let run: Awaited<ReturnType<typeof startLua<'open' | 'see' | 'finish'>>>;
beforeAll(async () => {
  run = await startLua({
    open: `${COMMON}
views.apply("rt", {
  epoch = 1, untilMs = store.now_ms() + 3600000, serving = { target(2).id }, draining = { target(1).id },
})
for i = 1, ${PATHS} do open(1, ${AGE_MS} + i * 1000, "/path" .. i .. "?token=secret") end
open(1, ${AGE_MS}, "/path1")
open(1, nil, "/not-begun")
open(2, ${AGE_MS}, "/serving")
answer(see())`,
    see: `${COMMON} answer(see())`,
    finish: `${COMMON}
for _, state in ipairs(held) do
  if state.mark then streams.ended(state) break end
end
answer(see())`,
  });
});

afterAll(cleanUp);

test('nothing until it looks; then how many of the draining target, since when, and on which paths', async () => {
  expect(await run('open')).toMatchObject({ keys: 0 });
  const { told, nowMs, keys } = await waitFor('the look', async () => {
    const seen = (await run('see')) as Seen;
    return seen.keys > 0 && seen;
  });
  expect(keys).toBe(1);
  const [streams, ...others] = Object.values(told);
  expect(others).toEqual([]);
  expect(streams!.requests).toBe(PATHS + 1);
  expect(nowMs - streams!.youngestMs).toBeGreaterThanOrEqual(AGE_MS - 50);
  const { groups } = streams!;
  expect(groups.reduce((sum, { clients }) => sum + clients, 0)).toBe(PATHS + 1);
  expect(groups.length).toBe(KEPT + 1);
  const rest = groups.find(({ path }) => path === '');
  expect(rest!.clients).toBeGreaterThanOrEqual(PATHS - KEPT);
  for (const { path, oldestMs } of groups) {
    expect(path).not.toContain('?');
    expect(oldestMs).toBeLessThanOrEqual(streams!.youngestMs + 50);
  }
});

test('a request that ends is taken out at once, before it is counted out', async () => {
  const [before] = Object.values(((await run('see')) as Seen).told);
  const [after] = Object.values(((await run('finish')) as Seen).told);
  expect(after!.requests).toBe(before!.requests - 1);
});
