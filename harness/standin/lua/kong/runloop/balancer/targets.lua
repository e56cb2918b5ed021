-- Kong's internal module, the one function of it that the `drain` plugin asks for.

local ipairs, tonumber = ipairs, tonumber

local _M = {}

-- The targets of an Upstream with their names and ports.
function _M.fetch_targets(upstream)
  local list = {}
  for i, target in ipairs(upstream.targets or {}) do
    local name, port = target.target:match "^(.-):(%d+)$"
    list[i] = { target = target.target, name = name, port = tonumber(port) }
  end
  return list
end

return _M
