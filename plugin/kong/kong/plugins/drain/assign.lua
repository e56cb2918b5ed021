-- Owns the assignment of one request: counted in for a target before Kong is told of it, moved at a retry, counted out
-- at its end. Invariant: a request is counted for a target only under a view that was current *after* it was counted.
local counts = require "kong.plugins.drain.counts"
local host = require "kong.plugins.drain.host"
local pick = require "kong.plugins.drain.pick"
local sessions = require "kong.plugins.drain.session"
local store = require "kong.plugins.drain.store"
local streams = require "kong.plugins.drain.streams"
local uploads = require "kong.plugins.drain.uploads"
local views = require "kong.plugins.drain.views"

local kong = kong
local ngx = ngx
local max = math.max
local pcall = pcall

local ATTEMPTS_MAX = 8 -- a view that changes more often than that within one request's microseconds is no view

local _M = {}

-- Counts the request in for a target of the pool's current view. Returns the target and the key to count it out with;
-- nil when Kong's own routing must decide.
local function count_in(conf, at_least, session, tried, view_of)
  local pool = conf.pool
  for _ = 1, ATTEMPTS_MAX do
    local now_ms = store.now_ms()
    local view = view_of(pool, now_ms)
    if not view then
      return nil
    end
    local target = #view.serving >= at_least and pick.target(view, conf, session, tried, now_ms)
    local key = target and counts.into(target)
    if views.is_newest(view) then
      return key and target, key
    end
    if key then
      counts.out(key)
    end
    views.drop(pool)
  end
  return nil
end

-- The retry callback: moves the count to another serving target, by the view of that moment. Once `tries` different ones
-- failed, or none is left, those tried come round again, as Kong alone would try its target again. It runs in the
-- balancer phase: no yielding. Kong calls it only for a Service whose host is a name. One function for all requests, not
-- a closure for each: LuaJIT compiles no function that makes one.
local function move()
  local state = ngx.ctx.drain_assigned
  local conf = state.conf
  store.stat("retries")
  pick.eject(conf.pool, state.target, conf.eject_seconds, store.now_ms())
  if not state.tried then
    state.tried, state.tried_count = { [state.target.id] = true }, 1
  end
  if state.tried_count >= conf.tries then
    state.tried, state.tried_count = {}, 0
  end
  local target, key = count_in(conf, 1, state.session, state.tried, views.current)
  if not target then
    target, key = count_in(conf, 1, state.session, nil, views.last)
  end
  if target then
    local key_before = state.key
    state.target, state.key = target, key
    if state.upload_key then
      uploads.out(state.upload_key)
      state.upload_key = uploads.into(target)
    end
    counts.out(key_before)
    if not state.tried[target.id] then
      state.tried[target.id] = true
      state.tried_count = state.tried_count + 1
    end
    host.set_target(ngx.ctx.balancer_data, target)
  end
end

-- Without a move Kong tries the target that it has again, as it would alone; an error here would end the request.
local function retry()
  local ok, err = pcall(move)
  if not ok then
    kong.log.err("tried again where it was: ", err)
    store.stat("failures")
  end
  return true
end

local function leave_to_kong(pool)
  store.stat("unassigned")
  ngx.ctx.drain_assigned = { key = counts.into_unassigned(pool) }
end

-- What was counted is kept in ngx.ctx at once (kong.ctx.plugin is not there in a retry), so that `finish` undoes it
-- whatever happens next.
local function begin(conf, service, ctx, upstream_host)
  local session, cookie
  if conf.policy == "hash" then
    session, cookie = sessions.of(conf)
  end
  local target, key = count_in(conf, max(conf.panic_below, 1), session, nil, views.current)
  if not target then
    return leave_to_kong(conf.pool)
  end
  local state = { target = target, key = key, conf = conf } -- one made with over four fields takes 256 bytes, not 160,
  state.session, state.cookie = session, cookie -- though they be nil; a nil set afterwards takes none
  ctx.drain_assigned = state
  if uploads.is_one() then
    state.upload_key = uploads.into(target)
  end
  streams.opened(state, ctx)
  local stock = host.stock(service, target.port, upstream_host)
  if stock ~= upstream_host then
    ngx.var.upstream_host = stock
  end
  host.set_target(ctx.balancer_data, target)
  if kong.service.set_target_retry_callback then -- Kong 3.8 and newer
    kong.service.set_target_retry_callback(retry)
  end
end

-- Assigns the request to a target of its Service, or counts it as unassigned: where there is no view, where another
-- plugin has sent it elsewhere (set_target, set_upstream), and where Kong's internals are not as we know them.
function _M.begin(conf, service, ctx)
  local data = ctx.balancer_data
  local host_before, port_before = data.host, data.port
  if host_before ~= service.host or port_before ~= service.port then
    return leave_to_kong(conf.pool)
  end
  local upstream_host = ngx.var.upstream_host or ""
  local ok, err = pcall(begin, conf, service, ctx, upstream_host)
  if not ok then
    kong.log.err("left to Kong's own routing: ", err)
    store.stat("failures")
    _M.finish(conf.pool)
    data.host, data.port, ngx.var.upstream_host = host_before, port_before, upstream_host
    leave_to_kong(conf.pool)
  end
end

-- The cookie to issue with the response, nil for none.
function _M.cookie(ctx)
  local state = ctx.drain_assigned
  return state and state.cookie
end

-- Counts the request out, if it was counted.
function _M.finish(pool)
  local state = ngx.ctx.drain_assigned
  if not state then
    return
  end
  local key = state.key
  state.key = nil
  if key then
    if state.upload_key then
      uploads.out(state.upload_key)
    end
    if state.target then
      streams.ended(state)
      if views.last(pool).drains[state.target.id] then
        counts.ended(pool, state.target.id)
      end
    end
    counts.out(key)
  end
end

return _M
