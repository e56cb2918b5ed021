-- Owns the views of the pools in Kong: stored by the sync route, read by every request through a copy in each worker.
-- Invariant: the version is raised after the view is stored and before counts are reported, and never the other way
-- round: a request that counted itself in under the old version is in the report, any other one sees the new version.
local cjson = require "cjson.safe"
local store = require "kong.plugins.drain.store"
local counts = require "kong.plugins.drain.counts"

local KEYS = store.KEYS
local find = string.find
local ipairs = ipairs
local match = string.match
local pcall = pcall
local tonumber = tonumber

local _M = {}

local copies = {} -- pool -> this worker's copy

local function target_of(pool, id, since_ms)
  local ip, port = match(id, "^(.+):(%d+)$") -- an IPv6 address keeps its brackets: so set_current_peer wants it
  return {
    id = id,
    pool = pool,
    ip = ip,
    port = tonumber(port),
    is_ipv4 = not find(ip, ":", 1, true),
    count_keys = {}, -- slot -> its key; this and the rest: of counts.lua
    others = 0,
    others_until_ms = 0,
    since_ms = since_ms, -- since when it serves, monotonic ms; nil: for long
  }
end

local function read(pool, version)
  local json = store.dict:get(KEYS.view .. pool)
  local view = json and cjson.decode(json) or { serving = {} }
  local copy = {
    pool = pool,
    version = version,
    version_key = KEYS.version .. pool,
    until_ms = store.dict:get(KEYS.until_ms .. pool) or 0,
    serving = {},
    drains = {},
    shares = view.shares, -- target -> of what is sent to one without a share, how much it gets; nil: all get the same
  }
  local since_ms = view.sinceMs or {}
  for i, id in ipairs(view.serving) do
    copy.serving[i] = target_of(pool, id, since_ms[id])
  end
  for _, id in ipairs(view.draining or {}) do
    copy.drains[id] = true
  end
  copies[pool] = copy
  return copy
end

-- Whether a request that counted itself in by this copy finds it still the newest.
function _M.is_newest(copy)
  return store.dict:get(copy.version_key) == copy.version
end

local function version_of(pool)
  return store.dict:get(KEYS.version .. pool)
end

-- This worker's copy of the pool's view, nil when there is none or it has expired. It may be an old one: who goes by it
-- looks at is_newest after that, and drops it where it is not.
function _M.current(pool, now_ms)
  local copy = copies[pool]
  if not copy then
    local version = version_of(pool)
    if not version then
      return nil
    end
    copy = read(pool, version)
  end
  if now_ms > copy.until_ms then
    copy.until_ms = store.dict:get(KEYS.until_ms .. pool) or 0
    if now_ms > copy.until_ms then
      return nil
    end
  end
  return copy
end

-- Drops this worker's copy: the next request reads the newest view.
function _M.drop(pool)
  copies[pool] = nil
end

-- The last view, expired or not: for the retry or the end of a request that began under it.
function _M.last(pool)
  local copy = copies[pool]
  if copy and _M.is_newest(copy) then
    return copy
  end
  return read(pool, version_of(pool))
end

local function stored(pool)
  local json = store.dict:get(KEYS.view .. pool)
  return json and cjson.decode(json) or { epoch = 0, serving = {}, draining = {}, leaving = {} }
end

-- Targets of no view any more that still have requests in flight; keys of the others are dropped. What served until now
-- is kept for one view more: a worker may just be counting a request in under the old one.
local function leaving(pool, old, new)
  local known, served, candidates = {}, {}, {}
  for _, id in ipairs(old.serving) do
    served[id] = true
  end
  for _, list in ipairs({ new.serving, new.draining }) do
    for _, id in ipairs(list) do
      known[id] = true
    end
  end
  for _, list in ipairs({ old.serving, old.draining, old.leaving }) do
    for _, id in ipairs(list) do
      if not known[id] then
        known[id] = true
        candidates[#candidates + 1] = id
      end
    end
  end
  local in_flight = counts.report(pool, candidates)
  local still = {}
  for _, id in ipairs(candidates) do
    if in_flight[id] or served[id] then
      still[#still + 1] = id
    else
      counts.forget_target(pool, id)
    end
  end
  return still
end

local function apply(pool, handed)
  local dict, old = store.dict, stored(pool)
  local until_ms = dict:get(KEYS.until_ms .. pool) or 0
  if handed.epoch < old.epoch then
    return old, false -- another process was here with a later one
  end
  local new = old
  if handed.serving then
    new = {
      epoch = handed.epoch, serving = handed.serving, draining = handed.draining, leaving = {},
      sinceMs = handed.sinceMs, shares = handed.shares,
    }
    new.leaving = leaving(pool, old, new)
  elseif handed.epoch > old.epoch then
    return old, true
  end
  local changed = new ~= old or handed.untilMs < until_ms
  if changed and not dict:safe_set(KEYS.view .. pool, cjson.encode(new)) then
    store.stat("dictionary_full")
    return old, handed.serving ~= nil
  end
  dict:safe_set(KEYS.epoch .. pool, new.epoch)
  dict:safe_set(KEYS.until_ms .. pool, handed.untilMs)
  if changed then
    store.add(KEYS.version .. pool, 1)
  end
  return new, false
end

local LOCK_SECONDS = 5

-- Stores what the agent hands over for one pool: { epoch, untilMs, serving?, draining?, sinceMs?, shares? }, lists only when
-- they are new.
-- Returns the view by which Kong routes from now on, and whether the agent must hand over the lists. Of two calls at
-- once (two plugin servers, one given up by its agent in a worker that stalled) one changes nothing: it answers what is
-- stored, which acks nothing that is not.
function _M.apply(pool, handed)
  if not store.dict:safe_add(KEYS.lock .. pool, true, LOCK_SECONDS) then
    return stored(pool), handed.serving ~= nil
  end
  local ok, view, wanted = pcall(apply, pool, handed)
  store.dict:delete(KEYS.lock .. pool)
  if not ok then
    error(view)
  end
  return view, wanted
end

return _M
