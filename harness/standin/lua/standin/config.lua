-- Owns the declarative configuration: reads the JSON file, knows every key, fills Kong's defaults, and flattens it.
-- Invariant: what leaves here is complete; a key the stand-in does not understand is an error, never ignored.

local cjson = require "cjson.safe"

local fmt = string.format
local ipairs, pairs, type = ipairs, pairs, type

local _M = {}

local function keys(list)
  local known = { id = true, tags = true }
  for key in list:gmatch "%S+" do
    known[key] = true
  end
  return known
end

local KNOWN = {
  file = keys "generation version hosts load external services routes upstreams plugins",
  service = keys "name url host port protocol path retries connect_timeout read_timeout write_timeout enabled routes plugins",
  route = keys "name paths hosts protocols strip_path preserve_host request_buffering response_buffering service plugins",
  upstream = keys "name host_header targets",
  target = keys "target weight",
  plugin = keys "name config enabled service route",
}

local DEFAULTS = { -- Kong 3.9, kong/db/schema/entities/{services,routes}.lua
  service = { protocol = "http", port = 80, retries = 5, connect_timeout = 60000, read_timeout = 60000, write_timeout = 60000 },
  route = { strip_path = true, preserve_host = false, request_buffering = true, response_buffering = true },
}

local function without_nulls(value)
  if type(value) == "table" then
    for key, inner in pairs(value) do
      if inner == cjson.null then
        value[key] = nil
      else
        without_nulls(inner)
      end
    end
  end
  return value
end

local function check_keys(kind, entity, where)
  for key in pairs(entity) do
    if not KNOWN[kind][key] then
      error(fmt("config: %s has the key '%s', which the stand-in does not know", where, key), 0)
    end
  end
end

local function complete(kind, entity, where)
  check_keys(kind, entity, where)
  for key, value in pairs(DEFAULTS[kind] or {}) do
    if entity[key] == nil then
      entity[key] = value
    end
  end
  return entity
end

local function from_url(service)
  local protocol, host, port, path = service.url:match "^(https?)://([^:/]+):?(%d*)(.*)$"
  if not protocol then
    error(fmt("config: service %s: cannot read the url '%s'", service.name, service.url), 0)
  end
  service.protocol, service.host = protocol, host
  service.port = tonumber(port) or (protocol == "https" and 443 or 80)
  service.path = path ~= "" and path or nil
  service.url = nil
end

--- The kind of a host, in Kong's words: "ipv4", "ipv6" or "name".
function _M.host_type(host)
  if host:match "^%d+%.%d+%.%d+%.%d+$" then
    return "ipv4"
  end
  return host:find(":", 1, true) and "ipv6" or "name"
end

local function flatten(file)
  local flat = { services = {}, routes = {}, plugins = {}, upstreams = {} }

  local function add_plugins(list, where, scope)
    for i, plugin in ipairs(list or {}) do
      complete("plugin", plugin, fmt("plugin %d of %s", i, where))
      plugin.service_id = scope.service_id or plugin.service
      plugin.route_id = scope.route_id or plugin.route
      plugin.where = where
      plugin.id = fmt("plugin:%s:%s:%s", plugin.name, plugin.route_id or "", plugin.service_id or "")
      if plugin.enabled ~= false then
        flat.plugins[#flat.plugins + 1] = plugin
      end
    end
  end

  local function add_route(route, service)
    local number = #flat.routes + 1
    route.name = route.name or fmt("route-%d", number)
    complete("route", route, "route " .. route.name)
    route.id = route.name
    route.service = service or flat.services[route.service or ""]
    flat.routes[number] = route
    add_plugins(route.plugins, "route " .. route.name, { route_id = route.id })
  end

  for _, service in ipairs(file.services or {}) do
    local where = "service " .. tostring(service.name)
    if service.url then
      from_url(service)
    end
    complete("service", service, where)
    service.id = service.name
    service.host_type = _M.host_type(service.host)
    flat.services[service.name] = service
    for _, route in ipairs(service.routes or {}) do
      add_route(route, service)
    end
    add_plugins(service.plugins, where, { service_id = service.id })
  end
  for _, route in ipairs(file.routes or {}) do
    add_route(route)
  end
  add_plugins(file.plugins, "the whole gateway", {})
  for _, upstream in ipairs(file.upstreams or {}) do
    complete("upstream", upstream, "upstream " .. tostring(upstream.name))
    for _, target in ipairs(upstream.targets or {}) do
      complete("target", target, "target of upstream " .. upstream.name)
    end
    flat.upstreams[upstream.name] = upstream
  end
  return flat
end

--- Reads and completes the file at `path`; raises a message that names the entity at fault.
function _M.load(path)
  local handle, open_err = io.open(path)
  if not handle then
    error("config: cannot open " .. open_err, 0)
  end
  local text = handle:read "*a"
  handle:close()

  local file, err = cjson.decode(text)
  if not file then
    error(fmt("config: %s is not JSON: %s", path, err), 0)
  end
  check_keys("file", without_nulls(file), "the file")

  local flat = flatten(file)
  flat.generation = file.generation or 0
  flat.version = file.version or "3.9.3"
  flat.hosts = file.hosts or {}
  flat.load = file.load or {}
  flat.external = file.external
  return flat
end

return _M
