-- Owns the talk with the agent on the sync route: what it hands over is stored, what Kong knows is answered.
local cjson = require "cjson.safe"
local counts = require "kong.plugins.drain.counts"
local link = require "kong.plugins.drain.link"
local store = require "kong.plugins.drain.store"
local streams = require "kong.plugins.drain.streams"
local uploads = require "kong.plugins.drain.uploads"
local views = require "kong.plugins.drain.views"

local KEYS = store.KEYS
local kong = kong
local abs = math.abs
local exit = ngx.exit
local max = math.max
local ipairs = ipairs
local pairs = pairs

local CLOCK_SKEW_MAX_MS = 5000
local WRONG_CLOCK = "the agent's monotonic clock is not Kong's, or the call was stuck: run both on the same machine"

local _M = {}

local function concat(a, b)
  local all = {}
  for _, list in ipairs({ a, b }) do
    for _, value in ipairs(list) do
      all[#all + 1] = value
    end
  end
  return all
end

local function pool_answer(pool, handed, full)
  local view, wanted = views.apply(pool, handed)
  local holding, unassigned = counts.report(pool, concat(view.draining, view.leaving), full)
  local in_flight = full and counts.report(pool, view.serving) or nil
  return {
    epoch = view.epoch,
    wanted = wanted,
    holding = holding,
    streams = streams.report(pool, view.draining),
    inFlight = in_flight,
    uploads = uploads.report(pool, holding, in_flight),
    unassigned = unassigned,
    panics = #view.serving < (store.dict:get(KEYS.panic_below .. pool) or 1),
    endedMs = counts.ended_ms(pool, view.draining),
  }
end

-- Remembers the pools that Kong's configuration names; `configs` as Kong's configure phase gives them.
function _M.remember_pools(configs)
  local names, panic_below = {}, {}
  for _, conf in ipairs(configs or {}) do
    if not panic_below[conf.pool] then
      names[#names + 1] = conf.pool
    end
    panic_below[conf.pool] = max(panic_below[conf.pool] or 1, conf.panic_below)
  end
  for pool, below in pairs(panic_below) do
    store.dict:safe_set(KEYS.panic_below .. pool, below)
  end
  store.dict:safe_set(KEYS.pools, #names > 0 and cjson.encode(names) or "[]")
end

local function is_of_this_machine(handover)
  return abs(handover.sentAtMs - store.now_ms()) <= CLOCK_SKEW_MAX_MS
end

local function answer(handover)
  local pools, stats = {}, {}
  for pool, handed in pairs(handover.pools) do
    pools[pool] = pool_answer(pool, handed, handover.full)
  end
  for _, name in ipairs(store.STATS) do
    stats[name] = store.dict:get(KEYS.stat .. name) or 0
  end
  return {
    configured = cjson.decode(store.dict:get(KEYS.pools) or "[]"),
    pools = pools,
    stats = stats,
    freeBytes = store.dict:free_space(),
  }
end

-- Takes the handover { sentAtMs, token, full, link?, pools: { name: { epoch, untilMs, serving?, draining? } } } (JSON)
-- that `drain-registry` left in a call of the sync route, which only the token's holder may make. Returns status and
-- body. A call for a link ends when that is closed. Views expire by the machine's monotonic clock, so a handover of another
-- clock is refused.
function _M.take(json)
  local handover = cjson.decode(json)
  if kong.request.get_header("x-drain-token") ~= handover.token then
    return 403, { error = "unknown drain token" }
  end
  if not is_of_this_machine(handover) then
    return 409, { error = WRONG_CLOCK }
  end
  if handover.link then
    link.serve(answer)
    return exit(444)
  end
  return 200, answer(handover)
end

return _M
