--[[
Requests in flight as the gateways with a live lease last reported them.

KEYS[1] drain:{pool}  KEYS[2] :gateways (hash id -> "<lease end> <report JSON>")
KEYS[3] :counts (hash gateway -> JSON target -> requests in flight)
Reply: { run or '', epoch, born, now, { counts JSON, ... } }
]]
local run, epoch, born = unpack(redis.call('HMGET', base, 'run', 'epoch', 'born'))
local stored = redis.call('HGETALL', KEYS[3])
local counts = {}
for i = 1, #stored, 2 do
  local gateway = redis.call('HGET', KEYS[2], stored[i]) or ''
  if (tonumber(string.match(gateway, '^%d+')) or 0) >= now then
    counts[#counts + 1] = stored[i + 1]
  end
end
return { run or '', epoch or '0', born or '0', text(now), counts }
