-- A small request-termination: answers every request itself.

local kong = kong

local RequestTermination = { PRIORITY = 2, VERSION = "0.1.0" }

function RequestTermination:access(conf)
  return kong.response.exit(conf.status_code, { message = conf.message or "Service unavailable" })
end

return RequestTermination
