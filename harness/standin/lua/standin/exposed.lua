-- Owns what an external plugin may call: any function of the `kong` table by its dotted name, and the few that exist
-- only for the RPC (kong.ctx.shared.get and set, kong.nginx.*).
-- Invariant: in the log phase, which runs in a timer, what belonged to the request comes from the copy saved for it.

local rpc = require "standin.rpc"

local ngx = ngx
local kong = kong
local pairs, type, unpack = pairs, type, unpack

local _M = {}

local saved -- of the log event whose step runs right now; every call sets it anew

local function shared()
  return saved and saved.shared or kong.ctx.shared
end

local function first(value)
  return type(value) == "table" and value[1] or value
end

local OWN = {
  ["kong.ctx.shared.get"] = function(key) return shared()[key] end,
  ["kong.ctx.shared.set"] = function(key, value) shared()[key] = value end,
  ["kong.nginx.get_var"] = function(name) return ngx.var[name] end,
  ["kong.nginx.get_ctx"] = function(key) return (saved and saved.ctx or ngx.ctx)[key] end,
  ["kong.nginx.set_ctx"] = function(key, value) (saved and saved.ctx or ngx.ctx)[key] = value end,
  ["kong.nginx.req_start_time"] = function() return ngx.req.start_time() end,
}

local FROM_COPY = {
  ["kong.request.get_headers"] = function() return saved.request_headers end,
  ["kong.request.get_header"] = function(name) return first(saved.request_headers[name]) end,
  ["kong.response.get_headers"] = function() return saved.response_headers end,
  ["kong.response.get_header"] = function(name) return first(saved.response_headers[name]) end,
  ["kong.response.get_status"] = function() return saved.status end,
}

local MULTI_MAPS = {
  ["kong.request.get_headers"] = true,
  ["kong.response.get_headers"] = true,
  ["kong.request.get_query"] = true,
}

local STEPS = {
  ["kong.router.get_route"] = "plugin.StepRoute",
  ["kong.router.get_service"] = "plugin.StepService",
}

local function find(name)
  local own = saved and FROM_COPY[name] or OWN[name]
  if own then
    return own
  end
  local value = { kong = kong }
  for part in name:gmatch "[%w_]+" do
    value = type(value) == "table" and value[part] or nil
  end
  return value
end

local function as_multi_map(headers)
  if next(headers) == nil then
    return rpc.empty_map
  end
  local map = {}
  for name, value in pairs(headers) do
    if value == true then
      map[name] = rpc.empty_array
    else
      map[name] = type(value) == "table" and value or { value }
    end
  end
  return map
end

--- Calls the PDK function `name` for an external plugin; returns the RPC method to answer with, and its data.
-- An argument of a wrong type raises, as in Kong, and the client gets a 500.
function _M.call(name, args, request_copy)
  saved = request_copy
  local fn = find(name)
  if not fn then
    kong.log.err("could not find pdk method: ", name)
    return "plugin.Step", nil
  end

  local result, err
  if type(args) == "table" then
    result, err = fn(unpack(args))
  else
    result, err = fn(args)
  end

  if not result and err then
    return "plugin.StepError", err
  end
  if MULTI_MAPS[name] then
    return "plugin.StepMultiMap", as_multi_map(result)
  end
  return STEPS[name] or "plugin.Step", result
end

return _M
