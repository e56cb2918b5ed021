-- Owns the way of ngx.ctx across internal redirects (ngx.exec, error_page), which nginx would let it lose.
-- Invariant: an entry lives from the rewrite phase to the log phase of one request.

local ngx = ngx
local tostring = tostring

local _M = {}

local stashed = {}
local last = 0

function _M.stash(ctx)
  last = last + 1
  local ref = tostring(last)
  stashed[ref] = ctx
  ngx.var.ctx_ref = ref
end

--- Makes the stashed table this request's ngx.ctx again; without one (a request nginx refused before the
-- rewrite phase) it does nothing.
function _M.restore()
  local ctx = stashed[ngx.var.ctx_ref or ""]
  if ctx then
    ngx.ctx = ctx
  end
end

function _M.release()
  local ref = ngx.var.ctx_ref
  if ref and ref ~= "" then
    stashed[ref] = nil
  end
end

return _M
