-- Owns the plugins: loads them, checks their configurations, decides which run on a route, and runs their phases.
-- Invariant: within a phase plugins run by PRIORITY, highest first; on a route one configuration of each, the route's
-- before the service's before the global one.

local schema = require "standin.schema"

local ngx = ngx
local kong = kong
local coroutine = coroutine
local ipairs, pcall = ipairs, pcall

local _M = {}

local loaded -- plugins by priority: { name, handler, configs }
local by_route -- route id → list of { name, handler, conf }
local global

local function load_lua(name)
  return require("kong.plugins." .. name .. ".handler"), require("kong.plugins." .. name .. ".schema")
end

local function load_all(declared)
  local plugins, by_name = {}, {}
  local function add(name, handler, plugin_schema)
    if handler.body_filter or handler.response then
      error("plugin " .. name .. ": the stand-in has no body_filter and no response phase", 0)
    end
    local plugin = { name = name, handler = handler, schema = plugin_schema, configs = {} }
    plugins[#plugins + 1] = plugin
    by_name[name] = plugin
  end
  for _, name in ipairs(declared.load) do
    add(name, load_lua(name))
  end
  if declared.external then
    local external = require("standin.external").new(declared.external)
    add(external.name, external.handler, external.schema)
  end
  table.sort(plugins, function(a, b)
    local pa, pb = a.handler.PRIORITY or 0, b.handler.PRIORITY or 0
    if pa ~= pb then
      return pa > pb
    end
    return a.name > b.name
  end)
  return plugins, by_name
end

local function configure_entry(entry, plugin, seq)
  if not plugin then
    error(entry.name .. " plugin is in use but not enabled (" .. entry.where .. ")", 0)
  end
  local conf, err = schema.complete(plugin.schema, entry.config)
  if not conf then
    error("plugin " .. entry.name .. " of " .. entry.where .. ": " .. err, 0)
  end
  conf.__plugin_id, conf.__seq__ = entry.id, seq
  entry.conf = conf
  plugin.configs[#plugin.configs + 1] = conf
end

local function entries_for(route, entries)
  local best, rank = {}, {}
  local service_id = route and route.service and route.service.id
  for _, entry in ipairs(entries) do
    local fits = (not entry.route_id or route and entry.route_id == route.id)
                 and (not entry.service_id or entry.service_id == service_id)
    local weight = (entry.route_id and 2 or 0) + (entry.service_id and 1 or 0)
    if fits and weight >= (rank[entry.name] or 0) then
      best[entry.name], rank[entry.name] = entry, weight
    end
  end
  local list = {}
  for _, plugin in ipairs(loaded) do
    local entry = best[plugin.name]
    if entry then
      list[#list + 1] = { name = plugin.name, handler = plugin.handler, conf = entry.conf }
    end
  end
  return list
end

function _M.init(declared)
  local by_name
  loaded, by_name = load_all(declared)
  for _, entry in ipairs(declared.plugins) do
    configure_entry(entry, by_name[entry.name], declared.generation)
  end
  by_route = {}
  for _, route in ipairs(declared.routes) do
    by_route[route.id] = entries_for(route, declared.plugins)
  end
  global = entries_for(nil, declared.plugins)
end

--- init_worker, then configure, of every loaded plugin, used or not; an error in one does not stop the others.
function _M.init_worker()
  local ctx = ngx.ctx
  ctx.KONG_PHASE = "init_worker"
  for _, phase in ipairs { "init_worker", "configure" } do
    for _, plugin in ipairs(loaded) do
      local handler = plugin.handler
      if handler[phase] then
        ctx.plugin_name = plugin.name
        local configs = phase == "configure" and #plugin.configs > 0 and plugin.configs or nil
        local ok, err = pcall(handler[phase], handler, configs)
        if not ok then
          kong.log.err("failed to execute plugin '", plugin.name, ":", phase, " (", err, ")")
        end
      end
    end
  end
  ctx.plugin_name = nil
end

local function enter(ctx, entry)
  ctx.plugin_name, ctx.plugin_id, ctx.plugin_key = entry.name, entry.conf.__plugin_id, entry.handler
end

local function leave(ctx)
  ctx.plugin_name = nil
end

--- The access phase: each plugin in a coroutine of its own, so that kong.response.exit can end it by yielding;
-- an error answers 500; after either no further access runs, but the log phase of all of them will.
function _M.access(ctx)
  local list = by_route[ctx.route.id]
  ctx.plugins = list
  ctx.delay_response = true
  for _, entry in ipairs(list) do
    local handler = entry.handler
    if handler.access and not ctx.delayed_response then
      enter(ctx, entry)
      local thread = coroutine.create(handler.access)
      local ok, err = coroutine.resume(thread, handler, entry.conf)
      if not ok then
        kong.log.err(err)
        ctx.delayed_response = { status = 500, failed = true }
      end
      leave(ctx)
    end
  end
  ctx.delay_response = nil
end

--- header_filter or log, of the plugins that belong to the request; a request without a route has the global ones.
function _M.run(phase, ctx)
  for _, entry in ipairs(ctx.plugins or global) do
    local handler = entry.handler
    if handler[phase] then
      enter(ctx, entry)
      handler[phase](handler, entry.conf)
      leave(ctx)
    end
  end
end

return _M
