-- Owns kong.log: lines of Kong's form, `[kong] file:line [plugin] message`, in nginx's error log.

local errlog = require "ngx.errlog"

local ngx = ngx
local getinfo = debug.getinfo
local select, tostring, concat = select, tostring, table.concat

local function namespace()
  local name = ngx.ctx.plugin_name
  return name and " [" .. name .. "]" or ""
end

local function writer(level)
  return function(...)
    local phase = ngx.get_phase()
    if phase ~= "init" and level > errlog.get_sys_filter_level() then
      return
    end
    local parts = { ... }
    for i = 1, select("#", ...) do
      parts[i] = tostring(parts[i])
    end
    local caller = getinfo(2, "Sl")
    local where = caller and caller.short_src:match "[^/]*$" .. ":" .. caller.currentline or "?"
    local name = phase ~= "init" and namespace() or ""
    errlog.raw_log(level, "[kong] " .. where .. name .. " " .. concat(parts))
  end
end

local log = {
  emerg = writer(ngx.EMERG),
  alert = writer(ngx.ALERT),
  crit = writer(ngx.CRIT),
  err = writer(ngx.ERR),
  warn = writer(ngx.WARN),
  notice = writer(ngx.NOTICE),
  info = writer(ngx.INFO),
  debug = writer(ngx.DEBUG),
}

return setmetatable(log, { __call = function(self, ...) return self.notice(...) end })
