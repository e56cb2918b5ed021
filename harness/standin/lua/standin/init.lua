-- Owns the order of nginx's phases: what Kong 3.9 does in each, as far as a plugin or a client can see it.
-- Invariant: the log phase sees the request's own context, whatever redirects lay between (see ctx_ref).

local config = require "standin.config"
local ctx_ref = require "standin.ctx_ref"
local balancing = require "standin.balancer"
local routing = require "standin.router"
local upstreams = require "standin.upstreams"

local ngx = ngx

local _M = {}

local plugins, proxying

--- init_by_lua: reads PREFIX/config.json and loads the plugins; an error here stops nginx's start or reload.
function _M.init(config_path)
  local declared = config.load(config_path)

  -- The one global: plugins take it as an upvalue while they load, so it stands first.
  _G.kong = require("standin.pdk").new(declared)

  upstreams.init(declared.upstreams, declared.hosts)
  plugins = require "standin.plugins"
  plugins.init(declared)
  routing.init(declared.routes)
  proxying = require "standin.proxying"
  _M.generation = declared.generation
end

function _M.init_worker()
  math.randomseed(ngx.now() * 1000 + ngx.worker.pid())
  upstreams.init_worker()
  plugins.init_worker()
end

function _M.rewrite()
  if ngx.var.kong_proxy_mode ~= "http" then
    ctx_ref.restore() -- an internal redirect from our own access phase
    return
  end
  ngx.ctx.KONG_PHASE = "rewrite"
  ctx_ref.stash(ngx.ctx)
end

function _M.access()
  local ctx = ngx.ctx
  ctx.KONG_PHASE = "access"

  proxying.before(ctx)
  plugins.access(ctx)

  if ctx.delayed_response then
    return kong.response.flush_delayed(ctx)
  end
  if not ctx.service then
    return kong.response.error(503, "no Service found with those values")
  end

  proxying.after(ctx)
  ctx.KONG_PROXIED = true
end

function _M.balancer()
  local ctx = ngx.ctx
  ctx.KONG_PHASE = "balancer"
  return balancing.try(ctx)
end

function _M.header_filter()
  local ctx = ngx.ctx
  ctx.KONG_PHASE = "header_filter"
  ctx.KONG_HEADER_FILTER_START = ctx.KONG_HEADER_FILTER_START or ngx.now() * 1000
  proxying.header_filter(ctx)
  plugins.run("header_filter", ctx)
end

function _M.log()
  local ctx = ngx.ctx
  ctx.KONG_PHASE = "log"
  ctx_ref.release()
  plugins.run("log", ctx)
end

--- /kong_error_handler: the body of an error that nginx itself produced.
function _M.handle_error()
  ctx_ref.restore()
  local ctx = ngx.ctx
  ctx.KONG_PHASE = "error"
  ctx.delay_response, ctx.delayed_response = nil, nil
  return kong.response.nginx_error(ctx.balancer_status or ngx.status)
end

function _M.status()
  ngx.header["Content-Type"] = "application/json; charset=utf-8"
  ngx.say(string.format('{"generation":%d,"worker":%d,"connections_active":%s}',
                        _M.generation, ngx.worker.pid(), ngx.var.connections_active))
end

return _M
