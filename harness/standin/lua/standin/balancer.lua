-- Owns the target of each try, after kong/runloop/balancer/init.lua and Kong.balancer() of Kong 3.9.3.
-- Invariant: the first target is fixed in the access phase; each retry chooses anew, in the balancer phase, unable to yield.

local ngx_balancer = require "ngx.balancer"
local upstreams = require "standin.upstreams"

local ngx = ngx
local pcall = pcall
local log, ERR = ngx.log, ngx.ERR

local _M = {}

local DEFAULT_PORTS = { http = 80, https = 443, grpc = 80, grpcs = 443 }

--- The request's balancer data, with Kong's names and defaults (plugins read and write it).
function _M.prepare(service)
  return {
    scheme = service and service.protocol or "http",
    type = service and service.host_type,
    host = service and service.host,
    port = service and service.port,
    try_count = 0,
    tries = {},
    retries = service and service.retries or 5,
    connect_timeout = service and service.connect_timeout or 60000,
    send_timeout = service and service.write_timeout or 60000,
    read_timeout = service and service.read_timeout or 60000,
  }
end

local function ask_retry_callback(data)
  local ok, done, err = pcall(data.retry_callback)
  if ok and done then
    return true
  end
  log(ERR, "retry handler failed: ", tostring(err or done))
  return false
end

local function address_of_name(data)
  if data.try_count > 0 and data.retry_callback and not ask_retry_callback(data) then
    return nil, "failure to get a peer from retry handler"
  end
  local address, err = upstreams.address(data.host)
  return address, address and data.port or err, data.host
end

--- Sets ip, port and hostname of the next try; or nil, a message and the status to answer with.
-- As in Kong, an Upstream found at the first try stays in charge (its retries ignore set_target and the callback),
-- and a Service whose host is an address never comes to the callback.
function _M.choose(data)
  if data.type ~= "name" then
    data.ip, data.port, data.hostname = upstreams.address(data.host), data.port or 80, data.host
    return true
  end

  if data.try_count == 0 then
    data.upstream = upstreams.get(data.host) or nil
  end

  local address, port, hostname
  if data.upstream then
    address, port, hostname = upstreams.peer(data.upstream)
  else
    address, port, hostname = address_of_name(data)
  end
  if not address then
    return nil, port, 503
  end

  data.ip, data.port = address, port
  data.hostname = data.upstream and data.upstream.host_header or hostname
  return true
end

--- Sets the Host header for the chosen target unless it is preserved; a retry must also rebuild the request.
function _M.set_host_header(data, scheme, current, is_retry)
  if data.preserve_host then
    return true
  end
  local host = data.hostname
  local port = data.port
  if port ~= DEFAULT_PORTS[scheme] then
    host = host .. ":" .. port
  end
  if host ~= current then
    ngx.var.upstream_host = host
    if is_retry then
      return ngx_balancer.recreate_request()
    end
  end
  return true
end

-- The status to give up with, or nil to go on.
local function prepare_retry(data)
  local previous = data.tries[data.try_count - 1]
  previous.state, previous.code = ngx_balancer.get_last_failure()

  -- Kong counts this try before it chooses, so the data says "not the first" here too.
  local ok, err, status = _M.choose(data)
  if not ok then
    log(ERR, "failed to retry the dns/balancer resolver for ", tostring(data.host), "' with: ", tostring(err))
    return status
  end
  ok, err = _M.set_host_header(data, ngx.var.upstream_scheme, ngx.var.upstream_host, true)
  if not ok then
    log(ERR, "failed to set balancer Host header: ", err)
    return 500
  end
end

-- Stock nginx makes every exit from here a 500 (OpenResty patches it to take a status); the error handler, which runs
-- next, answers with the status noted here.
local function give_up(ctx, status)
  ctx.balancer_status = status
  return ngx.exit(ngx.ERROR)
end

--- balancer_by_lua: runs before each try.
function _M.try(ctx)
  local data = ctx.balancer_data
  local try = {}
  data.try_count = data.try_count + 1
  data.tries[data.try_count] = try

  if data.try_count > 1 then
    local status = prepare_retry(data)
    if status then
      return give_up(ctx, status)
    end
  elseif data.retries > 0 then
    ngx_balancer.set_more_tries(data.retries)
  end

  try.ip, try.port = data.ip, data.port
  local ok, err = ngx_balancer.set_current_peer(data.ip, data.port)
  if not ok then
    log(ERR, "failed to set the current peer (address: ", tostring(data.ip), " port: ", tostring(data.port), "): ", err)
    return give_up(ctx, 500)
  end
  ok, err = ngx_balancer.set_timeouts(data.connect_timeout / 1000, data.send_timeout / 1000, data.read_timeout / 1000)
  if not ok then
    log(ERR, "could not set upstream timeouts: ", err)
  end
end

return _M
