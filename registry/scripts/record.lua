--[[
Keeps the end of a drain for those who look back (history.lua reads it). Nothing else depends on it.

KEYS[1] drain:{pool} (field drains: a counter)  KEYS[2] :history (zset "<number> <ended, ms> <drain JSON>" by number)
ARGV[1] the drain as JSON
Reply: { number }. Kept are the last KEPT_MAX drains, and each for KEPT_MS.
]]
local KEPT_MAX, KEPT_MS, SWEEP_MAX = 200, 7 * 24 * 3600 * 1000, 10
local number = redis.call('HINCRBY', base, 'drains', 1)
redis.call('ZADD', KEYS[2], number, text(number) .. ' ' .. text(now) .. ' ' .. ARGV[1])
local excess = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', number - KEPT_MAX, 'LIMIT', 0, SWEEP_MAX)
for _, entry in ipairs(excess) do
  redis.call('ZREM', KEYS[2], entry)
end
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '+inf', 'LIMIT', 0, SWEEP_MAX)) do
  if (tonumber(string.match(entry, '^%d+ (%d+)')) or 0) < now - KEPT_MS then
    redis.call('ZREM', KEYS[2], entry)
  end
end
return { text(number) }
