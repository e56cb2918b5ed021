-- A small pre-function: runs the given Lua before every other plugin's access, unsandboxed (untrusted_lua = on).

local kong = kong
local loadstring = loadstring

local PreFunction = { PRIORITY = 1000000, VERSION = "0.1.0" }

local compiled = {}

function PreFunction:access(conf)
  for _, source in ipairs(conf.access) do
    compiled[source] = compiled[source] or assert(loadstring(source))
    compiled[source](kong)
  end
end

return PreFunction
