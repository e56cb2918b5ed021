-- Owns what a request's session is known by (policy `hash`), and the cookie that is issued for it. Invariant: whatever a
-- client sends is a name for its session or none, never an error; a name that we make cannot be guessed.
local rendezvous = require "kong.plugins.drain.rendezvous"

local kong = kong
local ngx = ngx
local gsub = string.gsub
local format = string.format
local byte = string.byte
local ipairs = ipairs
local open = io.open
local sub = string.sub
local type = type

local _M = {}

local COOKIE_BYTES = 16
local random_file -- /dev/urandom, opened by each worker for itself: what is read ahead must not be another's too

local function random_name()
  random_file = random_file or open("/dev/urandom", "rb")
  local bytes = random_file and random_file:read(COOKIE_BYTES)
  return bytes and gsub(bytes, ".", function(char) return format("%02x", byte(char)) end)
end

local function given(text)
  return text ~= "" and text or nil
end

local NAMED_BY = {
  ip = function()
    return kong.client.get_forwarded_ip()
  end,
  header = function(conf)
    return given(kong.request.get_header(conf.hash_on_header))
  end,
  cookie = function(conf)
    local name = given(ngx.var["cookie_" .. conf.hash_on_cookie])
    if name then
      return name
    end
    name = random_name()
    return name, name
  end,
  none = function()
    return nil
  end,
}

-- The request's session, nil where it has none, and the value of the cookie to issue for it, if any.
function _M.of(conf)
  local name, cookie = NAMED_BY[conf.hash_on](conf)
  if not name then
    name, cookie = NAMED_BY[conf.hash_fallback](conf)
  end
  return name and rendezvous.session(name), cookie
end

-- Whether cookies may be issued under any of the configurations.
function _M.any_issues_cookies(configs)
  for _, conf in ipairs(configs or {}) do
    if conf.policy == "hash" and (conf.hash_on == "cookie" or conf.hash_fallback == "cookie") then
      return true
    end
  end
  return false
end

local function sets(cookie, prefix)
  return sub(cookie, 1, #prefix) == prefix
end

-- Adds the cookie to the response, unless the upstream sets one of that name itself. Phase header_filter.
function _M.issue(conf, value)
  local prefix = conf.hash_on_cookie .. "="
  local cookie = prefix .. value .. "; Path=" .. conf.hash_on_cookie_path
    .. "; HttpOnly; SameSite=" .. conf.hash_on_cookie_same_site
  if kong.request.get_forwarded_scheme() == "https" then
    cookie = cookie .. "; Secure"
  end
  local all = ngx.header["Set-Cookie"] or {}
  if type(all) ~= "table" then
    all = { all }
  end
  for i = 1, #all do
    if sets(all[i], prefix) then
      return
    end
  end
  all[#all + 1] = cookie
  ngx.header["Set-Cookie"] = all
end

return _M
