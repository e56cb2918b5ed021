--[[
Hands out the fence of one life of a target or a gateway.

KEYS[1] drain:{pool}   KEYS[2] hash of the member's kind: drain:{pool}:targets or drain:{pool}:gateways
ARGV[1] member id
Reply: the fence, higher than that of every life of this member before. A late call only wastes a number.
]]
local stored = redis.call('HGET', KEYS[2], ARGV[1])
local before = stored and tonumber(string.match(stored, '"fence":(%d+)')) or 0
local fence = math.max(tonumber(redis.call('HGET', base, 'fence') or 0) + 1, before + 1, now)
redis.call('HSET', base, 'fence', text(fence))
return text(fence)
