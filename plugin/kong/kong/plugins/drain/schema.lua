-- The configuration of the `drain` plugin, as Kong validates it.
local typedefs = require "kong.db.schema.typedefs"

return {
  name = "drain",
  fields = {
    { protocols = typedefs.protocols_http },
    { config = {
        type = "record",
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
        },
    } },
  },
}
