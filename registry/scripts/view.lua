--[[
Reads the pool's targets.

KEYS[1] drain:{pool}  KEYS[2] :targets
Reply: { run or '', epoch, born, now, { id, record, id, record, ... } }
]]
local run, epoch, born = unpack(redis.call('HMGET', base, 'run', 'epoch', 'born'))
return { run or '', epoch or '0', born or '0', text(now), redis.call('HGETALL', KEYS[2]) }
