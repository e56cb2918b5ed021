-- Owns the link: one connection of the agent that a worker keeps when it exits, so that a gateway that quits goes on taking
-- views and reporting what it finishes, although its listeners are closed. Invariant: no link keeps a worker that exits
-- for longer than UNUSED_MS after its last use, or after the gateway's last connection ended.
local cjson = require "cjson.safe"
local store = require "kong.plugins.drain.store"

local ngx = ngx
local pcall = pcall
local tonumber = tonumber

local _M = {}

local SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: drain-sync\r\n\r\n"
local LOOK_MS = 200
local UNUSED_MS = 3000 -- an agent that needs the link has learned so within a renewal
local KEY = store.KEYS.link

-- The next line; nil and what came of it so far, nil alone when the agent has hung up.
local function receive(socket, begun)
  local line, err, part = socket:receive("*l")
  if line then
    return begun .. line
  end
  if err == "timeout" then
    return nil, begun .. part
  end
  return nil
end

-- Whether this worker exits, and nobody is connected to the gateway any more but agents: where that does not quit but has
-- new workers, its agent needs no link.
local function is_over()
  if not ngx.worker.exiting() then
    return false
  end
  local links = 0
  store.each_slot(function(slot)
    links = links + (store.dict:get(KEY .. slot) or 0)
  end)
  return tonumber(ngx.var.connections_active) <= links
end

local function converse(socket, answer)
  local used_ms, begun = nil, ""
  while true do
    local line
    line, begun = receive(socket, begun)
    if line then
      local said = answer(cjson.decode(line))
      said.over = is_over()
      if not socket:send(cjson.encode(said) .. "\n") then
        return
      end
      used_ms, begun = store.now_ms(), ""
    elseif not begun then
      return
    elseif ngx.worker.exiting() then
      used_ms = used_ms or store.now_ms()
      if store.now_ms() - used_ms > UNUSED_MS then
        return
      end
    end
  end
end

-- Turns the current request into a link: from then on each line that comes is a handover and is answered by a line, as
-- `answer` says. Returns when it is closed.
function _M.serve(answer)
  local slot = store.slot()
  local socket = slot and ngx.req.socket(true)
  if not socket or not socket:send(SWITCH) or not store.add(KEY .. slot, 1) then
    return
  end
  socket:settimeouts(nil, nil, LOOK_MS)
  local ok, err = pcall(converse, socket, answer)
  store.dict:incr(KEY .. slot, -1)
  if not ok then
    ngx.log(ngx.ERR, "the link to the agent broke: ", err)
  end
end

return _M
