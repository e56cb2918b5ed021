-- Owns how a target is given to Kong: as kong.service.set_target does it, but with the Host header (and with it the SNI,
-- Kong's `proxy_ssl_name $upstream_host`) as it would be without us. set_target overwrites `upstream_host` with the bare
-- IP, and Kong then takes that for a preserved Host (kong/pdk/service.lua and kong/runloop/handler.lua, access.after,
-- 3.9.3).
local has_balancer, balancer = pcall(require, "kong.runloop.balancer")
local has_targets, targets = pcall(require, "kong.runloop.balancer.targets")
local store = require "kong.plugins.drain.store"

local find = string.find
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

local function with_port(host, port)
  if is_default_port(port, ngx.var.upstream_scheme) then
    return host
  end
  return host .. ":" .. port
end

local KEPT_MS = 1000
local kept = setmetatable({}, { __mode = "k" }) -- Service -> { host, port, until_ms }; Kong makes its entities anew

-- Host and port that Kong would name for a Service; nil where that is the target's address.
local function of_service(service, target_port)
  local now_ms = store.now_ms()
  local entry = kept[service]
  if not entry or now_ms > entry.until_ms then
    entry = { host = service.host, port = service.port, until_ms = now_ms + KEPT_MS }
    local upstream = has_balancer and balancer.get_upstream_by_name(service.host)
    if upstream then
      entry.host, entry.port = of_upstream(upstream, target_port)
    end
    kept[service] = entry
  end
  return entry.host, entry.port
end

-- The value for `upstream_host` that gives the Host Kong would send: a preserved one as it is, '' where Kong names the
-- target itself (an Upstream of addresses), else the Upstream's host_header or target, or the Service's own host. `host`:
-- the variable's value so far.
function _M.stock(service, target_port, host)
  if host ~= "" then
    return host
  end
  local name, port = of_service(service, target_port)
  return name and with_port(name, port) or ""
end

-- With the request's `type` at "name", as it is where the Service's host is one, Kong would look the address up among its
-- Upstreams and ask its DNS client for it, at a tenth of the whole request's CPU time. For an address it looks nothing up,
-- but then no retry callback is called either (kong/runloop/balancer/init.lua, execute, the only reader of `type`). So it
-- is told the truth at the first try, and that of the Service at every later one.
local ADDRESS_FIRST = {
  __index = function(data, key)
    if key == "type" then
      return data.try_count == 0 and "ipv4" or "name"
    end
  end,
}

-- Gives the request's `balancer_data` a target.
function _M.set_target(data, target)
  data.host, data.port = target.ip, target.port
  if data.try_count == 0 and data.type == "name" and target.is_ipv4 then
    data.type = nil
    setmetatable(data, ADDRESS_FIRST)
  end
end

return _M
