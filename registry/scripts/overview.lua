--[[
All there is to see of a pool, at one instant.

KEYS[1] drain:{pool}  KEYS[2] :targets  KEYS[3] :leases (zset id -> end, ms)
KEYS[4] :gateways (hash id -> "<lease end> <report JSON>")  KEYS[5] :counts (hash gateway -> JSON target -> requests)
KEYS[6] :orders (hash pod -> JSON)
Reply: { run or '', epoch, born, now, { id, record, ... }, { id, lease end, ... }, { gateway, "<lease end> <report>", ... },
  { gateway, counts JSON, ... }, { pod, order JSON, ... } }
]]
local run, epoch, born = unpack(redis.call('HMGET', base, 'run', 'epoch', 'born'))
return { run or '', epoch or '0', born or '0', text(now),
  redis.call('HGETALL', KEYS[2]),
  redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', '+inf', 'WITHSCORES'),
  redis.call('HGETALL', KEYS[4]),
  redis.call('HGETALL', KEYS[5]),
  redis.call('HGETALL', KEYS[6]) }
