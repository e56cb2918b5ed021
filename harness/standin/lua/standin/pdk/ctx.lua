-- Owns kong.ctx: `shared` lives for one request, `plugin` for one request and plugin. Outside a request both are nil.

local get_request = require("resty.core.base").get_request

local ngx = ngx

local SHARED = {}

local function key_of(name, ctx)
  if name == "shared" then
    return SHARED
  end
  return name == "plugin" and ctx.plugin_key or nil
end

return setmetatable({}, {
  __index = function(_, name)
    if not get_request() then
      return nil
    end
    local ctx = ngx.ctx
    local key = key_of(name, ctx)
    if key == nil then
      return nil
    end
    local space = ctx[key]
    if not space then
      space = {}
      ctx[key] = space
    end
    return space
  end,
})
