-- Owns how much of the requests a target gets: less while it is new (slow start), and what the agent says of its zone.
-- Invariant: gateways that are handed the same weigh the same; a new target's weight only rises, and that of an older one
-- is never the lower.
local ipairs = ipairs
local max = math.max
local min = math.min

local _M = {}

local FLOOR = 0.1
local STEP_MS = 100 -- how old a weight that rises may be
local FOREVER = math.huge

-- Kong makes a configuration anew when it changes, and a view's copy does not live long.
local function kept_of(view, conf)
  view.weighed = view.weighed or {}
  return view.weighed[conf]
end

local function warmth(target, slow_ms, now_ms)
  local since_ms = target.since_ms
  if not since_ms or slow_ms == 0 then
    return 1
  end
  return FLOOR + (1 - FLOOR) * min(max(now_ms - since_ms, 0) / slow_ms, 1)
end

local function weigh(view, slow_ms, shares, now_ms)
  local list, weights, even, rises = {}, {}, true, false
  for _, target in ipairs(view.serving) do
    local warm = warmth(target, slow_ms, now_ms)
    local weight = warm * (shares and shares[target.id] or 1)
    rises = rises or warm < 1
    if weight > 0 then
      list[#list + 1] = target
      weights[target.id] = weight
      even = even and weight == weights[list[1].id]
    end
  end
  if #list == 0 then
    list = view.serving
  end
  return { list = list, weights = not even and weights or nil, until_ms = rises and now_ms + STEP_MS or FOREVER }
end

-- The targets of the view that have a weight, and their weights by id; nil where these are the same.
function _M.of(view, conf, now_ms)
  local kept = kept_of(view, conf)
  if not kept or now_ms > kept.until_ms then
    local shares = conf.policy ~= "hash" and view.shares or nil -- or a session's target would depend on the gateway
    kept = weigh(view, conf.slow_start_seconds * 1000, shares, now_ms)
    view.weighed[conf] = kept
  end
  return kept.list, kept.weights
end

return _M
