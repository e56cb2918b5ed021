-- The configuration of the `drain` plugin, as Kong validates it. What says how to choose bears the names that Kong's
-- Upstreams have for it.
local typedefs = require "kong.db.schema.typedefs"

local concat = table.concat
local null = ngx.null

local function is_set(value)
  return value ~= nil and value ~= null
end

-- Whether what is set goes together; every problem at once.
local function goes_together(conf)
  local hashes, on = conf.policy == "hash", is_set(conf.hash_on) and conf.hash_on or nil
  local by_cookie = on == "cookie" or conf.hash_fallback == "cookie"
  local problems = {}
  local function check(is_wrong, problem)
    if is_wrong then
      problems[#problems + 1] = problem
    end
  end
  check(hashes and not on, "policy hash needs hash_on")
  check(on and not hashes, "hash_on needs policy hash")
  check(on == "header" and not is_set(conf.hash_on_header), "hash_on header needs hash_on_header")
  check(on ~= "header" and is_set(conf.hash_on_header), "hash_on_header needs hash_on header")
  check(on ~= "header" and conf.hash_fallback ~= "none", "hash_fallback needs hash_on header: nothing else may be missing")
  check(by_cookie and not is_set(conf.hash_on_cookie), "hash_on or hash_fallback cookie needs hash_on_cookie")
  check(not by_cookie and is_set(conf.hash_on_cookie), "hash_on_cookie needs hash_on or hash_fallback cookie")
  if #problems > 0 then
    return nil, concat(problems, "; ")
  end
  return true
end

return {
  name = "drain",
  fields = {
    { protocols = typedefs.protocols_http },
    { config = {
        type = "record",
        custom_validator = goes_together,
        fields = {
          { pool = {
              description = "The pool of targets behind this Service, the sidecars' DRAIN_POOL.",
              type = "string", required = true, len_max = 63,
              match = "^[a-z0-9][a-z0-9.-]*$",
              err = "a pool is named by lower-case letters, digits, '-' and '.', as the sidecars' DRAIN_POOL",
          } },
          { late_binding = {
              description = "Choose the target after the whole body is buffered, so that a slow upload pins no pod.",
              type = "boolean", required = true, default = true,
          } },
          { panic_below = {
              description = "With fewer serving targets than this, Kong's own routing decides.",
              type = "integer", required = true, default = 1, between = { 1, 10000 },
          } },
          { eject_seconds = {
              description = "For how long a target that failed a try is passed over, in seconds; 0: not at all.",
              type = "number", required = true, default = 5, between = { 0, 3600 },
          } },
          { tries = {
              description = "How many different targets one request may try; the Service's `retries` bounds all tries.",
              type = "integer", required = true, default = 3, between = { 1, 100 },
          } },
          { policy = {
              description = "How a target is chosen: `least-requests` (of two drawn by chance), `round-robin` or `hash`.",
              type = "string", required = true, default = "least-requests",
              one_of = { "least-requests", "round-robin", "hash" },
          } },
          { hash_on = {
              description = "With `hash`, by what sessions are told apart: `ip`, `header` or `cookie` (issued if missing).",
              type = "string", one_of = { "ip", "header", "cookie" },
          } },
          { hash_on_header = {
              description = "The header's name.",
              type = "string", len_max = 128, match = "^[%w_-]+$",
              err = "a header's name is of letters, digits, '-' and '_'",
          } },
          { hash_fallback = {
              description = "Where the header is missing: `ip`, `cookie` or `none` (by least-requests).",
              type = "string", required = true, default = "none", one_of = { "none", "ip", "cookie" },
          } },
          { hash_on_cookie = {
              description = "The cookie's name. Any value that a client sends names its session.",
              type = "string", len_max = 128, match = "^[%w_.-]+$",
              err = "a cookie's name is of letters, digits, '-', '_' and '.'",
          } },
          { hash_on_cookie_path = {
              description = "The issued cookie's Path.",
              type = "string", required = true, default = "/", len_max = 1024, match = "^/[%w%-._~!$&'()*+,=:@%%/]*$",
              err = "a cookie's path begins with / and holds no spaces, no ';' and no '?'",
          } },
          { hash_on_cookie_same_site = {
              description = "The issued cookie's SameSite; `None` only works where clients come by https.",
              type = "string", required = true, default = "Lax", one_of = { "Lax", "Strict", "None" },
          } },
          { slow_start_seconds = {
              description = "In how many seconds a new target's part rises from a tenth to the whole; 0: at once.",
              type = "number", required = true, default = 0, between = { 0, 3600 },
          } },
        },
    } },
  },
}
