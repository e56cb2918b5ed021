--[[
What a drain waits for: the target's record and the gateways' reports since the caller's last look.

KEYS[1] drain:{pool}  KEYS[2] :targets  KEYS[3] :gateways  KEYS[4] :reports
ARGV[1] target id  [2] number of the last report seen, 0 at first
Reply: { run or '', epoch, born, now, record or '', number of the last report, { gateway, "<lease end> <report>", ... } }
]]
local run, epoch, born, last = unpack(redis.call('HMGET', base, 'run', 'epoch', 'born', 'reports'))
local ids = redis.call('ZRANGEBYSCORE', KEYS[4], '(' .. ARGV[2], '+inf')
local reports = {}
local MGET_MAX = 500
for first = 1, #ids, MGET_MAX do
  local values = redis.call('HMGET', KEYS[3], unpack(ids, first, math.min(first + MGET_MAX - 1, #ids)))
  for i, value in ipairs(values) do
    reports[#reports + 1] = ids[first + i - 1]
    reports[#reports + 1] = value or ''
  end
end
return { run or '', epoch or '0', born or '0', text(now), redis.call('HGET', KEYS[2], ARGV[1]) or '',
  last or '0', reports }
