-- Owns the choice of a target by the Service's policy, passing over those that failed lately.
local least_requests = require "kong.plugins.drain.least_requests"
local rendezvous = require "kong.plugins.drain.rendezvous"
local round_robin = require "kong.plugins.drain.round_robin"
local store = require "kong.plugins.drain.store"
local weights_of = require("kong.plugins.drain.weights").of

local ipairs = ipairs
local max = math.max

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

local function candidates(view, among, tried, now_ms, with_ejected)
  local list = {}
  for _, target in ipairs(among) do
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

-- A serving target of the view that is not in `tried`; one that weighs nothing only where there is no other, an ejected
-- one only where there is not even such. nil: none is left. `session`: for the policy `hash`; without one it is
-- least-requests.
function _M.target(view, conf, session, tried, now_ms)
  local list, weights = view.serving, nil
  if view.shares or conf.slow_start_seconds > 0 then
    list, weights = weights_of(view, conf, now_ms)
  end
  if tried or now_ms <= ejected_until_ms then
    local weighty = list
    list = candidates(view, weighty, tried, now_ms, false)
    if #list == 0 then
      weights = nil
      list = candidates(view, view.serving, tried, now_ms, false)
    end
    if #list == 0 then
      list = candidates(view, view.serving, tried, now_ms, true)
    end
  end
  if session then
    return rendezvous.first(list, session, weights)
  end
  if conf.policy == "round-robin" then
    return round_robin.next(view, list, weights)
  end
  return least_requests.one(list, weights, now_ms)
end

return _M
