-- A small key-auth: 401 without the key's header, no consumers; any key is good.

local kong = kong

local KeyAuth = { PRIORITY = 1250, VERSION = "0.1.0" }

function KeyAuth:access(conf)
  for _, name in ipairs(conf.key_names) do
    if kong.request.get_header(name) then
      return
    end
  end
  return kong.response.error(401, "No API key found in request", {
    ["WWW-Authenticate"] = 'Key realm="kong"',
  })
end

return KeyAuth
