-- Owns names: Upstreams with their weighted targets, and host names by the hosts file (no DNS server is asked).
-- Invariant: choosing never yields, so it may run in the balancer phase.

local config = require "standin.config"

local ipairs, tonumber = ipairs, tonumber

local _M = {}

local HOSTS_FILE = "/etc/hosts"

local upstreams, rings, hosts
local turn = {} -- name → number of the last choice

local function read_hosts_file()
  local found = {}
  for line in io.lines(HOSTS_FILE) do
    local address, names = line:match "^%s*([%x%.:]+)%s+([^#]+)"
    for name in (names or ""):gmatch "%S+" do
      if config.host_type(address) == "ipv4" then -- Kong's default order prefers A over AAAA
        found[name] = found[name] or {}
        table.insert(found[name], address)
      end
    end
  end
  return found
end

local function ring_of(upstream)
  local ring = {}
  for _, target in ipairs(upstream.targets or {}) do
    local host, port = target.target:match "^(.+):(%d+)$"
    if not host then
      host, port = target.target, 8000 -- Kong's default port of a target
    end
    for _ = 1, target.weight or 100 do
      ring[#ring + 1] = { host = host, port = tonumber(port) }
    end
  end
  return ring
end

local function spread(ring) -- an even interleaving, so that equal weights alternate
  local count, order = {}, {}
  for i, peer in ipairs(ring) do
    local key = peer.host .. ":" .. peer.port
    count[key] = (count[key] or 0) + 1
    order[i] = { peer = peer, rank = count[key], at = i }
  end
  for _, slot in ipairs(order) do
    slot.rank = slot.rank / count[slot.peer.host .. ":" .. slot.peer.port]
  end
  table.sort(order, function(a, b)
    if a.rank ~= b.rank then
      return a.rank < b.rank
    end
    return a.at < b.at
  end)
  local result = {}
  for i, slot in ipairs(order) do
    result[i] = slot.peer
  end
  return result
end

--- `extra_hosts`: name → list of addresses, before the hosts file.
function _M.init(declared, extra_hosts)
  upstreams, rings, hosts = declared, {}, read_hosts_file()
  for name, addresses in pairs(extra_hosts) do
    hosts[name] = addresses
  end
  for name, upstream in pairs(upstreams) do
    rings[name] = spread(ring_of(upstream))
  end
end

function _M.init_worker()
  for name, ring in pairs(rings) do -- so that workers do not walk in step
    turn[name] = math.random(0, #ring)
  end
end

local function next_of(name, list)
  local n = (turn[name] or 0) + 1
  turn[name] = n
  return list[(n - 1) % #list + 1]
end

--- The Upstream of this name ({ name, host_header, … }), or false: as kong.runloop.balancer answers.
function _M.get(name)
  return upstreams[name] or false
end

--- The address of a host: itself if it is one, else by turns from the hosts file; nil and a message if unknown.
function _M.address(host)
  local kind = config.host_type(host)
  if kind == "ipv4" then
    return host
  end
  if kind == "ipv6" then
    return host:sub(1, 1) == "[" and host or "[" .. host .. "]"
  end
  local addresses = hosts[host]
  if not addresses or #addresses == 0 then
    return nil, "name resolution failed"
  end
  return next_of(host, addresses)
end

--- The next target of an Upstream as address, port and its name in the configuration; nil and a message if none.
function _M.peer(upstream)
  local ring = rings[upstream.name]
  if #ring == 0 then
    return nil, "failure to get a peer from the ring-balancer"
  end
  local peer = next_of(upstream.name, ring)
  local address, err = _M.address(peer.host)
  if not address then
    return nil, err
  end
  return address, peer.port, peer.host
end

return _M
