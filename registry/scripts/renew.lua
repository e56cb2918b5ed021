--[[
A gateway renews its lease and states its full report; targets whose lease has ended become gone on the way.

KEYS[1] drain:{pool}  KEYS[2] :targets  KEYS[3] :leases (zset id -> end, ms)
KEYS[4] :gateways (hash id -> "<lease end> <report JSON>")  KEYS[5] :reports (zset id -> number of its last report)
KEYS[6] :counts (hash gateway -> JSON target -> requests in flight)
ARGV[1] gateway id  [2] fence  [3] serial  [4] highest epoch known  [5] name for a new run  [6] lease in ms
ARGV[7] report JSON, with incarnation, fence and serial  [8] counts JSON  [9] '1' when the gateway leaves for good
ARGV[10] '1' when a drain may wait for this report: then it is told on drain:{pool}:news
Reply: { 'ok' | 'stale', run, epoch, born, now }. 'stale', and 'ok' for the same write once more, as in announce.lua.
]]
local id, fence, serial = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease_ms, leaves = tonumber(ARGV[6]), ARGV[9] == '1'
local SWEEP_MAX, TOMBSTONE_MS, FORGET_LOST_MS = 100, 60000, 600000

local pool = pool_seen(tonumber(ARGV[4]), ARGV[5])
local stored = redis.call('HGET', KEYS[4], id)
if stored then
  local stored_fence = tonumber(string.match(stored, '"fence":(%d+)')) or 0
  local stored_serial = tonumber(string.match(stored, '"serial":(%d+)')) or 0
  if stored_fence > fence or (stored_fence == fence and stored_serial >= serial) then
    local again = stored_fence == fence and stored_serial == serial
    return { again and 'ok' or 'stale', pool.run, text(pool.epoch), pool.born, text(now) }
  end
end

redis.call('HSET', KEYS[4], id, text(now + lease_ms) .. ' ' .. ARGV[7])
redis.call('ZADD', KEYS[5], redis.call('HINCRBY', base, 'reports', 1), id)
if ARGV[10] == '1' then
  redis.call('PUBLISH', base .. ':news', id)
end
if leaves or ARGV[8] == '{}' then
  redis.call('HDEL', KEYS[6], id)
else
  redis.call('HSET', KEYS[6], id, ARGV[8])
end

if serial == 1 then -- a new gateway: forget those lost for long
  local gateways = redis.call('HGETALL', KEYS[4])
  for i = 1, #gateways, 2 do
    if (tonumber(string.match(gateways[i + 1], '^%d+')) or 0) < now - FORGET_LOST_MS then
      redis.call('HDEL', KEYS[4], gateways[i])
      redis.call('ZREM', KEYS[5], gateways[i])
      redis.call('HDEL', KEYS[6], gateways[i])
    end
  end
end

local ended = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - 1, 'LIMIT', 0, SWEEP_MAX)
if #ended > 0 then
  local epoch, changes = next_epoch(pool), {}
  for _, target in ipairs(ended) do
    local json = redis.call('HGET', KEYS[2], target)
    local record = decoded(json or nil)
    if not record or record.state == 'gone' then
      redis.call('HDEL', KEYS[2], target)
      redis.call('ZREM', KEYS[3], target)
    else
      record.state, record.epoch, record.sinceMs, record.by = 'gone', epoch, now, nil
      json = cjson.encode(record)
      redis.call('HSET', KEYS[2], target, json)
      redis.call('ZADD', KEYS[3], now + TOMBSTONE_MS, target)
      changes[#changes + 1] = { target, json }
    end
  end
  if #changes > 0 then
    publish(pool, epoch, changes)
  end
end
return { 'ok', pool.run, text(pool.epoch), pool.born, text(now) }
