-- Owns what is known of requests that stream: upgraded ones, and those whose answer has begun. No code of ours runs while
-- nginx passes bytes on, so each worker keeps its open requests and looks at them from a timer while a target drains.
-- Invariants: a mark counts no request that has been counted out, nor one whose body may still be on its way; a request
-- that never meets a drain writes nothing to the dictionary.
local cjson = require "cjson.safe"
local store = require "kong.plugins.drain.store"
local views = require "kong.plugins.drain.views"

local key_of = store.key_of
local find = string.find
local http_version = ngx.req.http_version
local ipairs = ipairs
local lower = string.lower
local match = string.match
local max = math.max
local min = math.min
local next = next
local ngx = ngx
local pairs = pairs
local sort = table.sort
local sub = string.sub
local tonumber = tonumber

-- nginx's own: Kong's timers are another library's, which does not say that the worker exits.
local every = rawget(_G, "native_timer_every") or ngx.timer.every

local _M = {}

local LOOK_SECONDS = 0.2
local GROUPS_MAX, PATH_MAX = 10, 120

local BUFFERED = { http = true, https = true } -- Kong streams gRPC in any case

local open = {} -- the state of each request in flight that a pod may stream to -> its ngx.ctx
local pools = {} -- those of which this worker had requests
local marks = {} -- key -> what was told last
local timer

local function asks_for_events(accept)
  return find(accept or "", "text/event-stream", 1, true)
end

-- Whether the body may go on after the answer has begun. Of a buffered one nginx sends nothing more then
-- (ngx_http_upstream_send_request_handler); of one that streams, nobody here knows how much there is to come. A request
-- that names neither length nor encoding has no body before HTTP/2 (RFC 9112, 6.3). From there on only frames tell, which
-- no Lua sees: there only what browsers ask for events by (EventSource, a GET that cannot have a body) is sure to have none.
local function may_owe_body(ctx)
  if ctx.route.request_buffering ~= false and BUFFERED[ctx.service.protocol] then
    return false
  end
  local var = ngx.var
  local length = tonumber(var.content_length or "")
  if length then
    return length > 0
  end
  if (http_version() or 2) < 2 then
    return var.http_transfer_encoding
  end
  return var.request_method ~= "GET" or not asks_for_events(var.http_accept)
end

-- Since when the pod streams to the request's client, monotonic ms; nil while it owes the answer's first byte.
local function since_ms(state, ctx)
  local begun = ctx.KONG_HEADER_FILTER_START -- Kong's own, by the wall clock (kong/init.lua, header_filter)
  if begun and not state.since_ms then
    state.since_ms = store.now_ms() - max(0, ngx.now() * 1000 - begun)
  end
  return state.since_ms
end

-- nil for what streams without having asked for it.
local function asked_for()
  local var = ngx.var
  if lower(var.http_upgrade or "") == "websocket" then -- Kong passes no other upgrade on
    return "websocket"
  end
  return asks_for_events(var.http_accept) and "sse" or nil
end

local function group_of(mark, kind, path)
  for _, group in ipairs(mark.groups) do
    if group.kind == kind and group.path == path then
      return group
    end
  end
  local is_full = #mark.groups >= GROUPS_MAX
  if is_full and path ~= "" then
    return group_of(mark, kind, "") -- those of further paths, together
  end
  local group = { kind = kind, path = path, clients = 0 }
  mark.groups[#mark.groups + 1] = group
  return group
end

local function add(fresh, state, ctx, since)
  local key = key_of("streams", store.slot(), state.conf.pool, state.target.id)
  local mark = fresh[key] or { key = key, requests = 0, youngest_ms = 0, groups = {} }
  fresh[key] = mark
  local path = sub(match(ctx.request_uri or "", "^[^?]*"), 1, PATH_MAX)
  local group = group_of(mark, state.asked_for or "stream", path)
  mark.requests = mark.requests + 1
  mark.youngest_ms = max(mark.youngest_ms, since)
  group.clients = group.clients + 1
  group.oldest_ms = min(group.oldest_ms or since, since)
  state.mark, state.group = mark, group
end

local function tell(mark)
  local json = mark.requests > 0 and cjson.encode(mark)
  if not json or not store.dict:safe_set(mark.key, json) then
    store.dict:delete(mark.key)
  end
end

-- The pools that the look is about, with the targets that drain in them.
local function pools_to_see(everything)
  local seen = {}
  for pool in pairs(pools) do
    local drains = views.last(pool).drains
    if everything or next(drains) then
      seen[pool] = drains
    end
  end
  return seen
end

-- Tells anew which requests stream from targets that drain; of all targets with `everything`.
local function look(everything)
  local seen, fresh = pools_to_see(everything), {}
  if next(seen) then
    for state, ctx in pairs(open) do
      local drains = seen[state.conf.pool]
      local since = drains and (everything or drains[state.target.id]) and since_ms(state, ctx)
      if since then
        add(fresh, state, ctx, since)
      end
    end
  end
  for key in pairs(marks) do
    if not fresh[key] then
      store.dict:delete(key)
    end
  end
  marks = fresh
  for _, mark in pairs(fresh) do
    tell(mark)
  end
end

-- A worker that exits has no timers any more: what it streams by then it tells once, whoever may drain later.
local function tick(exits)
  look(exits)
end

-- A request was counted in; `state` is its assignment. To be called in its access phase.
function _M.opened(state, ctx)
  if may_owe_body(ctx) then
    return
  end
  state.asked_for = asked_for()
  open[state] = ctx
  pools[state.conf.pool] = true
  timer = timer or every(LOOK_SECONDS, tick)
end

-- A request has ended and is about to be counted out.
function _M.ended(state)
  open[state] = nil
  local mark = state.mark
  if mark and marks[mark.key] == mark then
    mark.requests = mark.requests - 1
    state.group.clients = state.group.clients - 1
    tell(mark)
  end
end

local function merge(all, mark)
  all.requests = all.requests + mark.requests
  all.youngestMs = max(all.youngestMs, mark.youngest_ms)
  for _, group in ipairs(mark.groups) do
    if group.clients > 0 then
      local same = group_of(all, group.kind, group.path)
      same.clients = same.clients + group.clients
      same.oldestMs = min(same.oldestMs or group.oldest_ms, group.oldest_ms)
    end
  end
end

local function by_name(a, b)
  return a.kind .. a.path < b.kind .. b.path
end

-- Of each of the targets the requests that stream from it, without those that have none. Times are monotonic ms. To be
-- called after the requests in flight were read: where both numbers are the same, nothing else was in flight then.
function _M.report(pool, targets)
  local found = {}
  store.each_slot(function(slot)
    for _, target in ipairs(targets) do
      local json = store.dict:get(key_of("streams", slot, pool, target))
      local mark = json and cjson.decode(json)
      if mark then
        found[target] = found[target] or { requests = 0, youngestMs = 0, groups = {} }
        merge(found[target], mark)
      end
    end
  end)
  for _, streams in pairs(found) do
    sort(streams.groups, by_name) -- the same said twice is no news
  end
  return found
end

return _M
