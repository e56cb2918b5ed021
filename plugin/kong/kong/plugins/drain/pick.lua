-- Owns the choice of a target: power of two choices on requests in flight, passing over those that failed lately.
local counts = require "kong.plugins.drain.counts"
local store = require "kong.plugins.drain.store"

local ipairs = ipairs
local max = math.max
local random = math.random

local _M = {}

local ejected = {} -- pool|target -> until when, monotonic ms; each worker learns by itself
local ejected_until_ms = 0 -- when the last of them ends

-- Passes a target over for some seconds.
function _M.eject(pool, target, seconds, now_ms)
  if seconds > 0 then
    local until_ms = now_ms + seconds * 1000
    ejected[pool .. "|" .. target.id] = until_ms
    ejected_until_ms = max(ejected_until_ms, until_ms)
    store.stat("ejections")
  end
end

local function candidates(view, tried, now_ms, with_ejected)
  local list = {}
  for _, target in ipairs(view.serving) do
    local key = view.pool .. "|" .. target.id
    local until_ms = ejected[key]
    if until_ms and now_ms > until_ms then
      ejected[key] = nil
      until_ms = nil
    end
    if not (tried and tried[target.id]) and (with_ejected or not until_ms) then
      list[#list + 1] = target
    end
  end
  return list
end

local function two_choices(list, now_ms)
  local n = #list
  if n < 2 then
    return list[1]
  end
  local i = random(n)
  local j = random(n - 1)
  if j >= i then
    j = j + 1
  end
  return counts.lighter(list[i], list[j], now_ms)
end

-- A serving target of the view that is not in `tried`; an ejected one only where there is no other. nil: none is left.
function _M.target(view, tried, now_ms)
  local list = view.serving
  if tried or now_ms <= ejected_until_ms then
    list = candidates(view, tried, now_ms, false)
    if #list == 0 then
      list = candidates(view, tried, now_ms, true)
    end
  end
  return two_choices(list, now_ms)
end

return _M
