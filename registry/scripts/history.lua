--[[
Reads the last drains of a pool, the oldest of them first.

KEYS[1] drain:{pool}  KEYS[2] :history (zset "<number> <ended, ms> <drain JSON>" by number)
ARGV[1] how many at most  [2] number of the last drain seen, 0 for none
Reply: { run or '', epoch, born, now, number of the last drain, { "<number> <ended, ms> <drain JSON>", ... } }
]]
local run, epoch, born, last = unpack(redis.call('HMGET', base, 'run', 'epoch', 'born', 'drains'))
last = tonumber(last) or 0
local from = math.max(last - tonumber(ARGV[1]), tonumber(ARGV[2]))
return { run or '', epoch or '0', born or '0', text(now), text(last),
  redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. text(from), '+inf') }
