-- Owns the `kong` table: the part of Kong 3.9's PDK that our plugins and their bridge use.
-- Invariant: a function behaves as Kong's of the same name, its argument checks included; what is missing is nil.

local _M = {}

function _M.new(declared)
  local log = require "standin.pdk.log"
  local phases = require "standin.pdk.phases"
  local ngx = ngx

  local major, minor, patch = declared.version:match("^(%d+)%.(%d+)%.(%d+)$")

  return {
    version = declared.version,
    version_num = major * 1000000 + minor * 1000 + patch,
    configuration = { role = "traditional", database = "off", loaded_plugins = declared.load },
    log = log,
    ctx = require "standin.pdk.ctx",
    request = require "standin.pdk.request",
    response = require "standin.pdk.response",
    service = require "standin.pdk.service",
    router = {
      get_route = function()
        phases.check("access", "header_filter", "log")
        return ngx.ctx.route
      end,
      get_service = function()
        phases.check("access", "header_filter", "log")
        return ngx.ctx.service
      end,
    },
    client = {
      get_ip = function() return ngx.var.realip_remote_addr or ngx.var.remote_addr end,
      get_forwarded_ip = function() return ngx.var.remote_addr end,
      get_port = function() return tonumber(ngx.var.realip_remote_port or ngx.var.remote_port) end,
    },
    plugin = { get_id = function() return ngx.ctx.plugin_id end },
    node = { get_hostname = function() return ngx.var.hostname end },
  }
end

return _M
