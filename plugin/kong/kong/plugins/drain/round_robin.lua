-- Owns the policy `round-robin`: by turns, smoothly where weights differ, as nginx does it. Invariant: each worker takes
-- its own turns; what a target is owed outlives a change of the view.
local ipairs = ipairs
local random = math.random

local _M = {}

local turns = {} -- pool -> { version, owed: target id -> what it is owed }

-- With a beginning of its own each worker starts with another target.
local function turns_of(view)
  local state = turns[view.pool]
  if not state or state.version ~= view.version then
    local owed = {}
    for _, target in ipairs(view.serving) do
      owed[target.id] = state and (state.owed[target.id] or 0) or random()
    end
    state = { version = view.version, owed = owed }
    turns[view.pool] = state
  end
  return state.owed
end

-- The next of a list of the view's targets; nil of an empty one. `weights`: by target id, nil where all are the same.
function _M.next(view, list, weights)
  local owed = turns_of(view)
  local total, next_one = 0, nil
  for i = 1, #list do
    local target = list[i]
    local weight = weights and weights[target.id] or 1
    local value = (owed[target.id] or 0) + weight
    owed[target.id] = value
    total = total + weight
    if not next_one or value > owed[next_one.id] then
      next_one = target
    end
  end
  if next_one then
    owed[next_one.id] = owed[next_one.id] - total
  end
  return next_one
end

return _M
