-- The `drain` plugin: keeps requests off targets that drain, by the view its agent handed over. It decides nothing about
-- drains and waits for no one; without a view Kong routes as it would without it.
local kong = kong
local ngx = ngx
local pcall = pcall

local NO_DICTIONARY = "the shared dictionary `drain` is missing, so Kong's own routing stays in charge: "
  .. "set KONG_NGINX_HTTP_LUA_SHARED_DICT='drain 1m'"

local BUFFERED = { http = true, https = true } -- Kong streams gRPC in any case

local Drain = {
  PRIORITY = -10000, -- after every other plugin's access, post-function's (-1000) too
  VERSION = "0.1.0",
}

-- What `drain-registry` left in a call of the sync route; nil in any other request. The route may have a Service, as each
-- of Kong's ingress controller has: only the agent's call carries a token. By nginx's variable, which costs next to nothing.
local function handover_of(service)
  if service and not ngx.var.http_x_drain_token then
    return nil
  end
  return kong.ctx.shared.drain_handover
end

if not ngx.shared.drain then
  kong.log.err(NO_DICTIONARY)

  function Drain:access()
    if handover_of(kong.router.get_service()) then
      return kong.response.exit(501, { error = NO_DICTIONARY })
    end
  end

  return Drain
end

local assign = require "kong.plugins.drain.assign"
local session = require "kong.plugins.drain.session"
local sync = require "kong.plugins.drain.sync"

local function issue_cookie(_, conf)
  local cookie = assign.cookie(ngx.ctx)
  if cookie then
    session.issue(conf, cookie)
  end
end

-- Kong looks at each request which phases a handler has (kong/runloop/plugins_iterator.lua, 3.4.0 to 3.9.3): it has that of
-- the cookie only where one may be issued, so that no other request pays for it.
function Drain:configure(configs)
  sync.remember_pools(configs)
  -- Never taken away again: a request that began while it was there is called back by name (Kong's runloop does not look
  -- a second time), and without a cookie to issue it does nothing.
  if session.any_issues_cookies(configs) then
    self.header_filter = issue_cookie
  end
end

function Drain:access(conf)
  local ctx = ngx.ctx
  local service = ctx.service -- kong.router.get_service() and get_route() are these, after a look at the phase
  local handover = handover_of(service)
  if handover then
    return kong.response.exit(sync.take(handover))
  end
  if not service then
    return
  end

  -- Kong fixes the target before it reads a buffered body; so read it here first. HTTP/2 without Content-Length may
  -- raise an error (lua-nginx-module): such a request is assigned at once, as an unbuffered one is.
  if conf.late_binding and BUFFERED[service.protocol] and ctx.route.request_buffering ~= false then
    pcall(ngx.req.read_body)
  end
  assign.begin(conf, service, ctx)
end

function Drain:log(conf)
  assign.finish(conf.pool)
end

return Drain
