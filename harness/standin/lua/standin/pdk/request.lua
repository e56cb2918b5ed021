-- Owns kong.request: what the client asked, untouched by plugins' changes to the upstream request's line.

local phases = require "standin.pdk.phases"

local ngx = ngx
local lower, gsub = string.lower, string.gsub

local _M = {}

local function check_phase()
  phases.check("rewrite", "access", "balancer", "header_filter", "log", "error")
end

function _M.get_header(name)
  check_phase()
  if type(name) ~= "string" then
    error("header name must be a string", 2)
  end
  return ngx.var["http_" .. gsub(lower(name), "-", "_")]
end

function _M.get_headers(max_headers)
  check_phase()
  if max_headers == nil then
    return ngx.req.get_headers()
  end
  if type(max_headers) ~= "number" then
    error("max_headers must be a number", 2)
  elseif max_headers < 1 then
    error("max_headers must be >= 1", 2)
  elseif max_headers > 1000 then
    error("max_headers must be <= 1000", 2)
  end
  return ngx.req.get_headers(max_headers)
end

function _M.get_method()
  return ngx.req.get_method()
end

function _M.get_scheme()
  return ngx.var.scheme
end

function _M.get_forwarded_scheme()
  check_phase()
  local forwarded = ngx.var.is_trusted == "1" and _M.get_header("X-Forwarded-Proto")
  return forwarded and lower(forwarded) or _M.get_scheme()
end

function _M.get_host()
  return ngx.var.host
end

function _M.get_port()
  return tonumber(ngx.var.server_port)
end

function _M.get_path()
  return (ngx.var.request_uri:match "^[^?]*")
end

function _M.get_raw_query()
  return ngx.var.args or ""
end

function _M.get_query_arg(name)
  return ngx.req.get_uri_args()[name]
end

function _M.get_http_version()
  return ngx.req.http_version()
end

return _M
