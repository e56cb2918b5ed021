-- Owns the policy `hash`: rendezvous hashing (Thaler and Ravishankar, 1998). Each session has its own order of all targets;
-- it goes to the first that is there. Invariant: the order of a session's targets depends on nothing but their names and
-- weights, so gateways agree, a session moves only when its own target leaves or one comes or grows that is before it.
local hash = require "kong.plugins.drain.hash"

local log = math.log

local _M = {}

local SCALE = 2 ^ -53

local function name_hash(target)
  if not target.hash_high then
    target.hash_high, target.hash_low = hash.of(target.id)
  end
  return target.hash_high, target.hash_low
end

-- Lowest first. With weights, each target is first for a part of all sessions that is as its weight (Schindelhauer and
-- Schomaker, 2005: the logarithmic method), and one that grows only takes sessions, one that shrinks only gives.
local function rank(session, target, weights)
  local number = hash.of_pair(session.high, session.low, name_hash(target))
  if weights then
    return -log((number + 0.5) * SCALE) / weights[target.id]
  end
  return -number
end

-- What stands for a session: any text.
function _M.session(text)
  local high, low = hash.of(text)
  return { high = high, low = low }
end

-- The session's first target of a list; nil of an empty one. `weights`: by target id, nil where all are the same.
function _M.first(list, session, weights)
  local first, lowest
  for i = 1, #list do
    local target = list[i]
    local ranked = rank(session, target, weights)
    if not first or ranked < lowest or (ranked == lowest and target.id < first.id) then
      first, lowest = target, ranked
    end
  end
  return first
end

return _M
