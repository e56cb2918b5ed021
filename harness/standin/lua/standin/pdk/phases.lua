-- Owns the check that a PDK function is called in one of its phases.

local ngx = ngx
local concat = table.concat
local fmt = string.format

local _M = {}

--- Raises Kong's message if the current phase is none of those given.
function _M.check(...)
  local current = ngx.ctx.KONG_PHASE
  if not current then
    error("no phase in ngx.ctx.KONG_PHASE", 3)
  end
  for i = 1, select("#", ...) do
    if select(i, ...) == current then
      return
    end
  end
  error(fmt("function cannot be called in %s phase (only in: %s)", current, concat({ ... }, ", ")), 3)
end

return _M
