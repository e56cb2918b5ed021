-- Owns the bridge to an external plugin: its description from the dump, and one instance per configuration and worker
-- in the plugin server, after kong/runloop/plugin_servers/plugin.lua and mp_rpc.lua of Kong 3.9.3.
-- Invariant: errors reach the client as in Kong: no instance → 500; an event that fails → a log line, the request goes on.

local cjson = require "cjson.safe"
local exposed = require "standin.exposed"
local rpc = require "standin.rpc"

local ngx = ngx
local kong = kong
local ipairs = ipairs

local _M = {}

local CLAIM_STEP_SECONDS = 0.1
local CLAIM_STEPS = 100

local instances = {} -- plugin id → { id (nil while it starts), conf, seq }
local resets_seen = 0
local server_pid

-- Kong tells its other workers of a reset by an event; a counter in a shared dictionary says the same.
local function follow_resets()
  local resets = ngx.shared.standin:get("instance resets") or 0
  if resets ~= resets_seen then
    resets_seen = resets
    instances = {}
  end
end

local function reset_instances()
  ngx.shared.standin:incr("instance resets", 1, 0)
  follow_resets()
end

local function on_notification(label, args)
  if label == "serverPid" then
    if server_pid and args ~= server_pid then
      instances = {}
    end
    server_pid = args
  end
end

local function start_instance(self, conf, old_id)
  local status, err = rpc.call(self.socket, "plugin.StartInstance",
                               { Name = self.name, Config = cjson.encode(conf) }, on_notification)
  if not status then
    kong.log.err("starting instance: ", err)
    instances[conf.__plugin_id] = nil
    error(err)
  end
  if old_id then
    rpc.call(self.socket, "plugin.CloseInstance", old_id, on_notification)
  end
  return status.Id
end

local function instance_id(self, conf)
  follow_resets()
  local key = conf.__plugin_id
  local instance = instances[key]

  local waited = 0
  while instance and not instance.id do -- another request of this worker is starting it
    ngx.sleep(CLAIM_STEP_SECONDS)
    waited = waited + 1
    if waited > CLAIM_STEPS then
      instances[key] = nil
      return nil, "Could not claim instance_id for " .. self.name .. " (key: " .. key .. ")"
    end
    instance = instances[key]
  end

  if instance and instance.seq == conf.__seq__ then
    return instance.id
  end

  local old_id = instance and instance.id
  local claim = { seq = conf.__seq__ }
  instances[key] = claim
  claim.id = start_instance(self, conf, old_id)
  return claim.id
end

local function run_event(self, id, phase, request_copy)
  local step, err = rpc.call(self.socket, "plugin.HandleEvent", { InstanceId = id, EventName = phase }, on_notification)
  if not step then
    return nil, err
  end
  local event_id = step.EventId
  while step.Data ~= "ret" do
    local method, data = exposed.call(step.Data.Method, step.Data.Args, request_copy)
    step, err = rpc.call(self.socket, method, { EventId = event_id, Data = data }, on_notification)
    if not step then
      return nil, err
    end
  end
  return true
end

local function handle_event(self, conf, phase, request_copy)
  local id, err = instance_id(self, conf)
  local _
  if id then
    _, err = run_event(self, id, phase, request_copy)
  end
  if not err then
    return
  end
  if err:lower():find("no plugin instance", 1, true) then
    reset_instances()
    kong.log.warn(err)
    return handle_event(self, conf, phase, request_copy)
  end
  kong.log.err(err)
end

local function request_copy_now()
  return {
    ctx = ngx.ctx,
    shared = kong.ctx.shared,
    request_headers = ngx.req.get_headers(),
    response_headers = ngx.resp.get_headers(),
    status = ngx.status,
  }
end

local function phase_handler(self, phase)
  if phase ~= "log" then
    return function(_, conf)
      return handle_event(self, conf, phase)
    end
  end
  return function(_, conf) -- log_by_lua has no sockets: a timer carries the event
    ngx.timer.at(0, function(premature, copy)
      if not premature then
        handle_event(self, conf, phase, copy)
      end
    end, request_copy_now())
  end
end

--- A loadable plugin { name, handler, schema } from { socket, dump }: the dump is the JSON of the query command, of
-- which Kong 3.9 takes the first plugin only.
function _M.new(external)
  local dump, err = cjson.decode(external.dump)
  if not dump then
    error("the plugin server's dump is not JSON: " .. err, 0)
  end
  local info = (dump.Plugins or dump)[1]
  local self = { name = info.Name, socket = external.socket }
  local handler = { PRIORITY = info.Priority, VERSION = info.Version }
  for _, phase in ipairs(info.Phases) do
    handler[phase] = phase_handler(self, phase)
  end
  return { name = info.Name, handler = handler, schema = info.Schema }
end

return _M
