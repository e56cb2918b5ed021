-- Owns what kong.service.set_target does besides setting the target, and undoes it. The Host header (and with it the
-- SNI, Kong's `proxy_ssl_name $upstream_host`) is as it would be without us: set_target overwrites `upstream_host` with
-- the bare IP; Kong then takes it for a preserved Host (kong/pdk/service.lua and kong/runloop/handler.lua, access.after,
-- 3.9.3).
local has_balancer, balancer = pcall(require, "kong.runloop.balancer")
local has_targets, targets = pcall(require, "kong.runloop.balancer.targets")

local find = string.find
local kong = kong
local match = string.match
local ngx = ngx
local setmetatable = setmetatable

local _M = {}

local function is_default_port(port, scheme)
  return (port == 80 and (scheme == "http" or scheme == "grpc"))
    or (port == 443 and (scheme == "https" or scheme == "grpcs"))
end

local function is_name(host)
  return not match(host, "^[%d.]+$") and not find(host, ":", 1, true)
end

-- Host and port that Kong would name for a target of an Upstream; nil where that is the target's address.
local function of_upstream(upstream, target_port)
  local list = has_targets and targets.fetch_targets(upstream)
  local first = list and list[1] or { port = target_port }
  local name = first.name
  return upstream.host_header or (name and is_name(name) and name) or nil, first.port
end

-- The value for `upstream_host` that gives the Host Kong would send: a preserved one as it is, '' where Kong names the
-- target itself (an Upstream of addresses), else the Upstream's host_header or target, or the Service's own host. `host`:
-- the variable's value so far.
function _M.stock(service, target_port, host)
  if host and host ~= "" then
    return host
  end
  local upstream = has_balancer and balancer.get_upstream_by_name(service.host)
  local port = service.port
  host = service.host
  if upstream then
    host, port = of_upstream(upstream, target_port)
    if not host then
      return ""
    end
  end
  if is_default_port(port, ngx.var.upstream_scheme) then
    return host
  end
  return host .. ":" .. port
end

-- set_target leaves the request's `type` at "name", where the Service's host is one. Kong would then look the address up
-- among its Upstreams and ask its DNS client for it, at a tenth of the whole request's CPU time. For an address it looks
-- nothing up, but then no retry callback is called either (kong/runloop/balancer/init.lua, execute, the only reader of
-- `type`). So it is told the truth at the first try, and that of the Service at every later one.
local ADDRESS_FIRST = {
  __index = function(data, key)
    if key == "type" then
      return data.try_count == 0 and "ipv4" or "name"
    end
  end,
}

-- kong.service.set_target without its side effects: on the Host header, and the look-up of an address by name.
function _M.set_target(target, upstream_host)
  kong.service.set_target(target.ip, target.port)
  ngx.var.upstream_host = upstream_host
  local data = ngx.ctx.balancer_data
  if data.try_count == 0 and data.type == "name" and target.is_ipv4 then
    data.type = nil
    setmetatable(data, ADDRESS_FIRST)
  end
end

return _M
