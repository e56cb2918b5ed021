-- Owns the policy `least-requests`: of two targets drawn by chance that with fewer requests in flight.
local counts = require "kong.plugins.drain.counts"

local random = math.random

local _M = {}

local function two_of_the_same(list, now_ms)
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

-- A place in the list, drawn by weight; `without`: a place that is not drawn.
local function draw(list, weights, total, without)
  local left = random() * total
  local last
  for i = 1, #list do
    if i ~= without then
      left = left - weights[list[i].id]
      last = i
      if left < 0 then
        return i
      end
    end
  end
  return last
end

-- One of a list of the view's targets; nil of an empty one. `weights`: by target id, nil where all are the same. With
-- weights they are drawn by these, and requests in flight count for more the less a target weighs.
function _M.one(list, weights, now_ms)
  if not weights or #list < 2 then
    return two_of_the_same(list, now_ms)
  end
  local total = 0
  for i = 1, #list do
    total = total + weights[list[i].id]
  end
  local i = draw(list, weights, total)
  local a = list[i]
  local b = list[draw(list, weights, total - weights[a.id], i)]
  return counts.lighter(a, b, now_ms, weights[a.id], weights[b.id])
end

return _M
