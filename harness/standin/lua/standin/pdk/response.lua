-- Owns kong.response: what Kong itself answers. Invariant: while plugins run, an exit is only noted and the plugin's
-- coroutine abandoned; it is sent once the access phase is over, so that all plugins' log phases run.

local cjson = require "cjson.safe"
local phases = require "standin.pdk.phases"

local ngx = ngx
local coroutine = coroutine
local pairs, type = pairs, type
local fmt = string.format

local _M = {}

local JSON = "application/json; charset=utf-8"

local NGINX_ERRORS = { -- kong/error_handlers.lua
  [400] = "Bad request",
  [404] = "Not found",
  [408] = "Request timeout",
  [413] = "Payload too large",
  [414] = "URI too long",
  [494] = "Request header or cookie too large",
  [500] = "An unexpected error occurred",
  [502] = "An invalid response was received from the upstream server",
  [503] = "The upstream server is currently unavailable",
  [504] = "The upstream server is timing out",
}

local function send(status, body, headers)
  if ngx.headers_sent then
    error("headers have already been sent", 2)
  end
  ngx.status = status
  local header = ngx.header
  for name, value in pairs(headers or {}) do
    header[name] = value
  end
  if type(body) == "table" then
    body = cjson.encode(body)
    header["Content-Type"] = headers and headers["Content-Type"] or JSON
  end
  header["Content-Length"] = body and #body or 0
  if body then
    ngx.print(body)
  end
  return ngx.exit(status)
end

local function note_or_send(status, body, headers)
  local ctx = ngx.ctx
  ctx.KONG_EXITED = true
  if ctx.delay_response and not ctx.delayed_response then
    ctx.delayed_response = { status = status, body = body, headers = headers }
    coroutine.yield()
  else
    return send(status, body, headers)
  end
end

local function error_body(message)
  return fmt('{\n  "message":"%s",\n  "request_id":"%s"\n}', message, ngx.var.request_id)
end

local function check_arguments(status, headers, least)
  if ngx.headers_sent then
    error("headers have already been sent", 3)
  end
  if type(status) ~= "number" then
    error("code must be a number", 3)
  elseif status < least or status > 599 then
    error(fmt("code must be a number between %u and %u", least, 599), 3)
  end
  if headers ~= nil and type(headers) ~= "table" then
    error("headers must be a nil or table", 3)
  end
end

function _M.exit(status, body, headers)
  phases.check("rewrite", "access", "error")
  check_arguments(status, headers, 100)
  if body ~= nil and type(body) ~= "string" and type(body) ~= "table" then
    error("body must be a nil, string or table", 2)
  end
  return note_or_send(status, body, headers)
end

function _M.error(status, message, headers)
  phases.check("rewrite", "access", "error")
  check_arguments(status, headers, 300)
  headers = headers or {}
  headers["Content-Type"] = headers["Content-Type"] or JSON
  return note_or_send(status, error_body(message or NGINX_ERRORS[status] or "An unexpected error occurred"), headers)
end

--- Sends the answer a plugin noted; not a PDK function.
function _M.flush_delayed(ctx)
  local noted = ctx.delayed_response
  if noted.failed then
    return _M.error(noted.status)
  end
  return send(noted.status, noted.body, noted.headers)
end

--- Answers for an error nginx produced; not a PDK function.
function _M.nginx_error(status)
  local message = NGINX_ERRORS[status] or fmt("The upstream server responded with %d", status)
  return send(status == 494 and 400 or status, error_body(message), { ["Content-Type"] = JSON })
end

function _M.get_status()
  return ngx.status
end

function _M.set_status(status)
  phases.check("rewrite", "access", "header_filter")
  if type(status) ~= "number" then
    error("code must be a number", 2)
  end
  ngx.status = status
end

function _M.get_headers(max_headers)
  return ngx.resp.get_headers(max_headers)
end

function _M.get_header(name)
  local value = ngx.header[name]
  return type(value) == "table" and value[1] or value
end

function _M.set_header(name, value)
  phases.check("rewrite", "access", "header_filter", "error")
  if ngx.headers_sent then
    error("headers have already been sent", 2)
  end
  if type(name) ~= "string" then
    error(fmt("invalid header name %q: got %s, expected string", tostring(name), type(name)), 2)
  end
  ngx.header[name] = type(value) == "table" and value or tostring(value)
end

function _M.clear_header(name)
  phases.check("rewrite", "access", "header_filter", "error")
  ngx.header[name] = nil
end

return _M
