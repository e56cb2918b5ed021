-- Owns the counts of requests in flight. Invariant: each request is counted in once and out once, under the slot of its
-- worker; counts of dead workers are dropped.
local store = require "kong.plugins.drain.store"

local KEYS = store.KEYS
local key_of = store.key_of
local sub = string.sub
local ipairs = ipairs

local _M = {}

local own = {} -- key -> this worker's count: what the dictionary holds, without asking it
local live_slots, live_slots_until_ms = {}, 0
local SLOTS_FRESH_MS = 1000
local OTHERS_FRESH_MS = 5

-- The same for a target of a view's copy, which keeps its keys: joining strings would cost every request most of its time.
local function kept_key(slot, target)
  local key = target.count_keys[slot]
  if not key then
    key = key_of("count", slot, target.pool, target.id)
    target.count_keys[slot] = key
  end
  return key
end

-- Counts a request in for a target of a view's copy. Returns the key to count it out with, nil when the dictionary is
-- full.
function _M.into(target)
  local slot = store.slot()
  local key = slot and kept_key(slot, target)
  if key and store.add(key, 1) then
    own[key] = (own[key] or 0) + 1
    return key
  end
  return nil
end

-- Counts in a request that Kong's own routing places; where there is no room for its worker's count, among those of all
-- pools and workers. Returns the key to count it out with.
function _M.into_unassigned(pool)
  local slot = store.slot()
  local key = slot and (KEYS.unassigned .. slot .. ":" .. pool)
  if key and store.add(key, 1) then
    return key
  end
  store.stat("uncounted")
  store.dict:incr(KEYS.uncounted, 1)
  return KEYS.uncounted
end

function _M.out(key)
  local count = own[key]
  if count then
    own[key] = count > 1 and count - 1 or nil
  end
  store.dict:incr(key, -1)
end

local function slots(now_ms)
  if now_ms > live_slots_until_ms then
    live_slots = {}
    store.each_slot(function(slot) live_slots[#live_slots + 1] = slot end)
    live_slots_until_ms = now_ms + SLOTS_FRESH_MS
  end
  return live_slots
end

-- Requests in flight for a target of a view's copy over all workers, to choose by: this worker's as they are, those of
-- the others some ms old, for reading them at every request would cost more the more workers there are.
local function load_of(target, own_slot, now_ms)
  if now_ms > target.others_until_ms then
    local others = 0
    for _, slot in ipairs(slots(now_ms)) do
      if slot ~= own_slot then
        others = others + (store.dict:get(kept_key(slot, target)) or 0)
      end
    end
    target.others, target.others_until_ms = others, now_ms + OTHERS_FRESH_MS
  end
  return target.others + (own[kept_key(own_slot, target)] or 0)
end

-- That one of two targets of a view's copy which has fewer requests in flight, by weight where weights are given; `a`
-- where they have the same.
function _M.lighter(a, b, now_ms, weight_a, weight_b)
  local slot = store.slot()
  if not slot then
    return a
  end
  local load_a, load_b = load_of(a, slot, now_ms), load_of(b, slot, now_ms)
  if weight_a then
    load_a, load_b = load_a * weight_b, load_b * weight_a
  end
  return load_b < load_a and b or a
end

local OF_SLOTS = { KEYS.count, KEYS.uploads, KEYS.unassigned, KEYS.streams }

local function is_of_slot(key, slot)
  for _, prefix in ipairs(OF_SLOTS) do
    local own_prefix = prefix .. slot .. ":"
    if sub(key, 1, #own_prefix) == own_prefix then
      return true
    end
  end
  return false
end

local function forget_slot(slot)
  store.dict:delete(KEYS.link .. slot)
  for _, key in ipairs(store.dict:get_keys(0)) do
    if is_of_slot(key, slot) then
      store.dict:delete(key)
    end
  end
end

-- The exact counts of a pool for the named targets, zeros left out, and its unassigned requests.
-- With `bury`, workers that died are found and their counts dropped first.
function _M.report(pool, targets, bury)
  local dict, in_flight, unassigned = store.dict, {}, 0
  store.each_slot(function(slot)
    unassigned = unassigned + (dict:get(KEYS.unassigned .. slot .. ":" .. pool) or 0)
    for _, target in ipairs(targets) do
      local count = dict:get(key_of("count", slot, pool, target)) or 0
      if count ~= 0 then
        in_flight[target] = (in_flight[target] or 0) + count
      end
    end
  end, bury and forget_slot)
  return in_flight, unassigned + dict:get(KEYS.uncounted)
end

-- Remembers when a request of a draining target ended.
function _M.ended(pool, target)
  store.dict:safe_set(KEYS.ended_ms .. pool .. "|" .. target, store.now_ms())
end

-- When the last request of each of the targets ended, monotonic ms; those without one are left out.
function _M.ended_ms(pool, targets)
  local ended = {}
  for _, target in ipairs(targets) do
    ended[target] = store.dict:get(KEYS.ended_ms .. pool .. "|" .. target)
  end
  return ended
end

-- Drops the keys of a target that is gone and has nothing in flight.
function _M.forget_target(pool, target)
  store.dict:delete(KEYS.ended_ms .. pool .. "|" .. target)
  store.each_slot(function(slot)
    store.dict:delete(key_of("count", slot, pool, target))
    store.dict:delete(key_of("uploads", slot, pool, target))
  end)
end

return _M
