-- Owns one call to a plugin server: MessagePack RPC over a unix socket, as Kong 3.9's mp_rpc.lua speaks it:
-- request [0, id, method, args], answer [1, id, error, result], notification [2, label, args].
-- Invariant: a socket returns to the pool only after its answer was read, or (as in Kong) after a failed send or read.

local msgpack = require "MessagePack"

local ngx = ngx
local kong = kong

local _M = {}

-- A function in a message packs itself: so empty arrays and maps, which one Lua table cannot tell apart, have a form.
msgpack.packers["function"] = function(buffer, pack_itself)
  pack_itself(buffer)
end

function _M.empty_array(buffer)
  msgpack.packers["array"](buffer, {}, 0)
end

function _M.empty_map(buffer)
  msgpack.packers["map"](buffer, {}, 0)
end

local last_id = 0

--- The result of `method`, or nil and the server's or the socket's message. Waits up to lua_socket_read_timeout (60 s)
-- for each part; raises if the server closes in the middle of an answer. `on_notification(label, args)` may be nil.
function _M.call(socket_path, method, args, on_notification)
  last_id = last_id + 1
  local id = last_id

  local socket, err = ngx.socket.connect("unix:" .. socket_path)
  if not socket then
    kong.log.err("trying to connect: ", err)
    return nil, err
  end

  local sent, send_err = socket:send(msgpack.pack({ 0, id, method, { args } }))
  if not sent then
    socket:setkeepalive()
    return nil, send_err
  end

  local read = msgpack.unpacker(function()
    return socket:receiveany(4096)
  end)

  while true do
    local ok, message = read()
    if not ok then
      socket:setkeepalive()
      return nil, "no data"
    end
    if message[1] == 2 then
      if on_notification then
        on_notification(message[2], message[3])
      end
    else
      assert(message[1] == 1, "RPC response expected from plugin server")
      assert(message[2] == id, "unexpected RPC response ID from plugin server")
      socket:setkeepalive()
      if message[3] ~= nil then
        return nil, message[3]
      end
      return message[4]
    end
  end
end

return _M
