-- Owns how much of the requests a target gets: less while it is new (slow start), and what the agent says of its zone.
-- Invariant: gateways that are handed the same weigh the same; a new target's weight only rises, and that of an older one
-- is never the lower.
local floor = math.floor
local ipairs = ipairs
local max = math.max
local min = math.min
local setmetatable = setmetatable

local _M = {}

local FLOOR = 0.1
-- A weight rises in steps, by the target's own age: between two of them all workers weigh the same, and a session does not
-- go back and forth between two that look a moment apart.
local STEP_MS, STEPS = 100, 100
local FOREVER = math.huge
local WEAK_KEYS = { __mode = "k" } -- Kong makes a configuration anew when it changes

local function kept_of(view, conf)
  view.weighed = view.weighed or setmetatable({}, WEAK_KEYS)
  return view.weighed[conf]
end

-- The part of its weight that a target has by now, and when that rises.
local function warmth(target, slow_ms, now_ms)
  local since_ms = target.since_ms
  local age_ms = since_ms and now_ms - since_ms
  if not age_ms or age_ms >= slow_ms then
    return 1, FOREVER
  end
  local step_ms = max(STEP_MS, slow_ms / STEPS)
  local steps = max(floor(age_ms / step_ms), 0)
  return FLOOR + (1 - FLOOR) * steps * step_ms / slow_ms, since_ms + (steps + 1) * step_ms
end

local function weigh(view, slow_ms, shares, now_ms)
  local list, weights, even, until_ms = {}, {}, true, FOREVER
  for _, target in ipairs(view.serving) do
    local warm, rises_ms = warmth(target, slow_ms, now_ms)
    local weight = warm * (shares and shares[target.id] or 1)
    until_ms = min(until_ms, rises_ms)
    if weight > 0 then
      list[#list + 1] = target
      weights[target.id] = weight
      even = even and weight == weights[list[1].id]
    end
  end
  if #list == 0 then
    list = view.serving
  end
  return { list = list, weights = not even and weights or nil, until_ms = until_ms }
end

-- The targets of the view that have a weight, and their weights by id; nil where these are the same.
function _M.of(view, conf, now_ms)
  local kept = kept_of(view, conf)
  if not kept or now_ms >= kept.until_ms then
    local shares = conf.policy ~= "hash" and view.shares or nil -- or a session's target would depend on the gateway
    kept = weigh(view, conf.slow_start_seconds * 1000, shares, now_ms)
    view.weighed[conf] = kept
  end
  return kept.list, kept.weights
end

return _M
