-- Owns what frames the plugins in the access phase, after runloop.access.before/after of Kong 3.9.3: the route and the
-- jump to another location (gRPC, unbuffered) come first, the target and the upstream's headers last.
-- Invariant: the target is fixed here, before nginx reads a buffered body.

local balancing = require "standin.balancer"
local routing = require "standin.router"

local ngx = ngx
local kong = kong
local lower, sub = string.lower, string.sub
local SERVER = "kong/" .. kong.version

local _M = {}

local UNBUFFERED = { -- by request_buffering .. response_buffering
  ["false,true"] = "@unbuffered_request",
  ["true,false"] = "@unbuffered_response",
  ["false,false"] = "@unbuffered",
}

local function set_connection_headers(var)
  local upgrade = var.http_upgrade
  if upgrade and lower(upgrade) == "websocket" then
    var.upstream_connection = "keep-alive, Upgrade"
    var.upstream_upgrade = "websocket"
  else
    var.upstream_connection = "keep-alive"
  end
end

local function set_forwarded_headers(var, prefix, request_uri)
  local seen = var.http_x_forwarded_for
  var.upstream_x_forwarded_for = seen and seen .. ", " .. var.realip_remote_addr or var.remote_addr
  var.upstream_x_forwarded_proto = var.scheme
  var.upstream_x_forwarded_host = var.host
  var.upstream_x_forwarded_port = var.server_port
  var.upstream_x_forwarded_path = request_uri:match "^[^?]*"
  if prefix ~= "/" and prefix ~= "" then
    var.upstream_x_forwarded_prefix = prefix
  end
end

--- Finds the route, prepares the balancer, and leaves for another location if Service or route ask for one
-- (the phases then run again from rewrite, so plugins have not run yet).
function _M.before(ctx)
  local var = ngx.var
  local request_uri = var.request_uri
  ctx.request_uri = request_uri
  local route, upstream_uri, prefix = routing.match(request_uri)
  if not route then
    return kong.response.error(404, "no Route matched with those values")
  end

  local service = route.service
  ctx.route, ctx.service = route, service
  ctx.balancer_data = balancing.prepare(service)

  var.upstream_scheme = ctx.balancer_data.scheme
  var.upstream_uri = upstream_uri
  if route.preserve_host then
    var.upstream_host = var.http_host
  end
  set_connection_headers(var)
  set_forwarded_headers(var, prefix, request_uri)
  local via = var.http_via
  local inbound = (ngx.req.http_version() or "1.1") .. " " .. SERVER
  var.upstream_via = via and via .. ", " .. inbound or inbound

  if service and var.kong_proxy_mode == "http" then
    if service.protocol == "grpc" or service.protocol == "grpcs" then
      return ngx.exec("@grpc")
    end
    local location = UNBUFFERED[tostring(route.request_buffering) .. "," .. tostring(route.response_buffering)]
    if location then
      return ngx.exec(location)
    end
  end
end

local function clear_hop_by_hop(var)
  local connection = var.http_connection
  if connection and connection ~= "keep-alive" and connection ~= "close" and connection ~= "upgrade" then
    for name in connection:gmatch "[^,%s]+" do
      if lower(name) ~= "upgrade" or var.upstream_connection == "keep-alive" then
        ngx.req.clear_header(name)
      end
    end
  end
  ngx.req.clear_header "Proxy"
  ngx.req.clear_header "Proxy-Connection"
end

--- Fixes the first target and the Host header. A non-empty $upstream_host at this point (preserve_host, or a plugin's
-- set_target) is kept for every try, as in Kong.
function _M.after(ctx)
  local var = ngx.var
  if sub(var.request_uri, -1) == "?" or var.is_args == "?" then
    var.upstream_uri = var.upstream_uri .. "?" .. (var.args or "")
  end

  local data = ctx.balancer_data
  local host = var.upstream_host
  if host and host ~= "" then
    data.preserve_host = true
  end

  local ok, err, status = balancing.choose(data)
  if not ok then
    return kong.response.error(status, err)
  end
  balancing.set_host_header(data, var.upstream_scheme, host)
  clear_hop_by_hop(var)
end

function _M.header_filter(ctx)
  local header = ngx.header
  header["X-Kong-Request-Id"] = ngx.var.request_id
  if not ctx.KONG_PROXIED then
    header["Server"] = SERVER
    return
  end
  header["Via"] = "1.1 " .. SERVER

  local data = ctx.balancer_data
  local last = data.tries[data.try_count]
  if ngx.status > 499 and last and data.try_count > data.retries then
    last.state, last.code = "failed", ngx.status
  end
end

return _M
