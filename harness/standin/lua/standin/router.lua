-- Owns the choice of the route: hosts before no hosts, then the longest path prefix, then the order of the file.
-- Invariant: read-only after init.

local sub, find, lower = string.sub, string.find, string.lower
local ipairs = ipairs
local ngx = ngx

local _M = {}

local candidates -- list of { route, path, hosts (set) or nil }, best first

local function host_set(hosts)
  local set = {}
  for _, host in ipairs(hosts) do
    if find(host, "*", 1, true) then
      error("config: the stand-in matches plain hosts only, not " .. host, 0)
    end
    set[lower(host)] = true
  end
  return set
end

function _M.init(routes)
  candidates = {}
  for order, route in ipairs(routes) do
    local hosts = route.hosts and host_set(route.hosts)
    for _, path in ipairs(route.paths or { "" }) do
      if sub(path, 1, 1) == "~" then
        error("config: the stand-in matches path prefixes only, not " .. path, 0)
      end
      candidates[#candidates + 1] = { route = route, path = path, hosts = hosts, order = order }
    end
  end
  table.sort(candidates, function(a, b)
    if (a.hosts == nil) ~= (b.hosts == nil) then
      return a.hosts ~= nil
    end
    if #a.path ~= #b.path then
      return #a.path > #b.path
    end
    return a.order < b.order
  end)
end

--- The path to ask the service for (Kong's path_handling "v0"): its own path, then what the route leaves of `uri`.
function _M.upstream_uri(base, uri, prefix, strip)
  local bare = sub(base, -1) == "/" and sub(base, 1, -2) or base
  if not strip then
    return uri == "/" and base or bare .. uri
  end
  local rest = sub(uri, #prefix + 1)
  if rest == "" then
    if base == "/" or uri == "/" then
      return base
    end
    return sub(uri, -1) == "/" and bare .. "/" or bare
  end
  return bare .. (sub(rest, 1, 1) == "/" and rest or "/" .. rest)
end

--- The route of this request, the upstream path and the matched prefix; or nil.
function _M.match(request_uri)
  local host = lower(ngx.var.host or "")
  local query = find(request_uri, "?", 1, true)
  local uri = query and sub(request_uri, 1, query - 1) or request_uri

  for _, candidate in ipairs(candidates) do
    if sub(uri, 1, #candidate.path) == candidate.path and (not candidate.hosts or candidate.hosts[host]) then
      local route = candidate.route
      local base = route.service and route.service.path or "/"
      return route, _M.upstream_uri(base, uri, candidate.path, route.strip_path), candidate.path
    end
  end
end

return _M
