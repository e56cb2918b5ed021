-- Owns kong.service: a plugin's say in the target. The checks and the touched fields are those of kong/pdk/service.lua.

local phases = require "standin.pdk.phases"
local upstreams = require "standin.upstreams"

local ngx = ngx
local floor, fmt, lower = math.floor, string.format, string.lower
local type = type

local _M = { request = {} }

local function check_integer(name, value, least, most)
  if type(value) ~= "number" or floor(value) ~= value then
    error(name .. " must be an integer", 3)
  end
  if value < least or value > most then
    error(fmt("%s must be an integer between %d and %d: given %s", name, least, most, value), 3)
  end
end

function _M.set_upstream(host)
  phases.check "access"
  if type(host) ~= "string" then
    error("host must be a string", 2)
  end
  if not upstreams.get(host) then
    return nil, "could not find an Upstream named '" .. host .. "'"
  end
  ngx.ctx.balancer_data.host = host
  return true
end

function _M.set_target(host, port)
  phases.check("access", "rewrite", "balancer")
  if type(host) ~= "string" then
    error("host must be a string", 2)
  end
  check_integer("port", port, 0, 65535)

  ngx.var.upstream_host = host
  local data = ngx.ctx.balancer_data
  data.host, data.port = host, port
end

function _M.set_target_retry_callback(callback)
  phases.check "access"
  if type(callback) ~= "function" then
    error("retry_callback must be a function", 2)
  end
  ngx.ctx.balancer_data.retry_callback = callback
end

function _M.set_retries(retries)
  phases.check "access"
  check_integer("retries", retries, 0, 32767)
  ngx.ctx.balancer_data.retries = retries
end

--- Milliseconds. The write timeout goes to a field nothing reads, as in Kong 3.9.3.
function _M.set_timeouts(connect_timeout, write_timeout, read_timeout)
  phases.check "access"
  check_integer("connect_timeout", connect_timeout, 1, 2147483646)
  check_integer("write_timeout", write_timeout, 1, 2147483646)
  check_integer("read_timeout", read_timeout, 1, 2147483646)
  local data = ngx.ctx.balancer_data
  data.connect_timeout, data.write_timeout, data.read_timeout = connect_timeout, write_timeout, read_timeout
end

local function check_header(name, value)
  if type(name) ~= "string" then
    error(fmt("invalid header name %q: got %s, expected string", tostring(name), type(name)), 3)
  end
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" and kind ~= "table" then
    error(fmt("invalid header value for %q: got %s, expected array of string, string, number or boolean", name, kind), 3)
  end
end

function _M.request.set_header(name, value)
  phases.check("access", "rewrite", "balancer")
  check_header(name, value)
  if lower(name) == "host" then
    ngx.var.upstream_host = value
  end
  ngx.req.set_header(name, type(value) == "table" and value or tostring(value))
end

function _M.request.clear_header(name)
  phases.check("access", "rewrite", "balancer")
  ngx.req.clear_header(name)
end

return _M
