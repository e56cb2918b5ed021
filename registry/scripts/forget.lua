--[[
The controller's word that a pod is gone for good: its order ends, and its target, if it is still this pod's.

KEYS[1] drain:{pool}  KEYS[2] :targets  KEYS[3] :leases  KEYS[4] :orders
ARGV[1] target id  [2] pod
Reply: { 'forgotten' | 'nothing' }. A target that another pod holds by now, on the same address, is left alone.
]]
local TOMBSTONE_MS = 60000
local found = redis.call('HDEL', KEYS[4], ARGV[2]) == 1
local json = redis.call('HGET', KEYS[2], ARGV[1])
local record = decoded(json or nil)
if record and record.pod == ARGV[2] and record.state ~= 'gone' then
  local run, before = unpack(redis.call('HMGET', base, 'run', 'epoch'))
  local pool = { run = run, epoch = tonumber(before) }
  local epoch = next_epoch(pool)
  record.state, record.epoch, record.sinceMs, record.by = 'gone', epoch, now, nil
  json = cjson.encode(record)
  redis.call('HSET', KEYS[2], ARGV[1], json)
  redis.call('ZADD', KEYS[3], now + TOMBSTONE_MS, ARGV[1])
  publish(pool, epoch, { { ARGV[1], json } })
  found = true
end
return { found and 'forgotten' or 'nothing' }
