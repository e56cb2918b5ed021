-- Kong's internal module, the one function of it that the `drain` plugin asks for.

local upstreams = require "standin.upstreams"

return {
  get_upstream_by_name = upstreams.get,
}
