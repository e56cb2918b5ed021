--[[
A sidecar states its target's full state: the only write a sidecar makes.

KEYS[1] drain:{pool}  KEYS[2] :targets (hash id -> record)  KEYS[3] :leases (zset id -> end, ms)
KEYS[4] :orders (hash pod -> operator's or controller's drain)
ARGV[1] target id  [2] incarnation  [3] fence  [4] serial (grows with every write of this incarnation)
ARGV[5] highest epoch known  [6] name for a new run  [7] lease in ms
ARGV[8] serving | draining | gone  [9] why: the drain's cause; released | unhealthy where gone; ''
ARGV[10] pod or ''  [11] node or ''
ARGV[12] an order known from an earlier run as JSON {"by","run","sinceMs"}, or ''
ARGV[13] in how many ms its drain is answered in any case, or ''
ARGV[14] for how long it has served, ms  [15] zone or ''
Reply: { 'ok' | 'stale', run, epoch, born, now, record }. 'stale': a later life, or a later write of this one, was
here first; nothing was changed. The same write once more (sent again by the client) is 'ok' and changes nothing.
A 'gone' record stays for a minute as tombstone; a released one clears the order. A deadline that moves is no change of
the pool: gateways do not route by it.
]]
local id, fence, serial = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local lease_ms, own, pod = tonumber(ARGV[7]), ARGV[8], ARGV[10]
local TOMBSTONE_MS = 60000
local DEADLINE_JITTER_MS = 500

local pool = pool_seen(tonumber(ARGV[5]), ARGV[6])
local stored_json = redis.call('HGET', KEYS[2], id)
local stored = decoded(stored_json)

if stored and (stored.fence > fence or (stored.fence == fence and stored.serial >= serial)) then
  local again = stored.fence == fence and stored.serial == serial
  return { again and 'ok' or 'stale', pool.run, text(pool.epoch), pool.born, text(now), stored_json }
end

local state, by = own, ARGV[9]
if own == 'gone' then
  if by == 'released' then
    redis.call('HDEL', KEYS[4], pod)
  end
  by = ''
elseif pod ~= '' then
  local order = parsed(redis.call('HGET', KEYS[4], pod) or nil)
  local known = parsed(ARGV[12])
  if not order and known and known.run ~= pool.run then
    order = known
    redis.call('HSET', KEYS[4], pod, ARGV[12])
  end
  if order and own == 'serving' then
    state, by = 'draining', order.by
  end
end

local until_ms = tonumber(ARGV[13])
until_ms = until_ms and own == 'draining' and math.floor(now + until_ms) or nil
if until_ms and stored and stored.fence == fence and stored.untilMs
  and math.abs(stored.untilMs - until_ms) < DEADLINE_JITTER_MS then
  until_ms = stored.untilMs
end

-- When the state began. A target that serves has not begun anew because the registry lost it, or its sidecar restarted.
local function began()
  if state ~= 'serving' then
    return now
  end
  if stored and stored.state == 'serving' and pod ~= '' and stored.pod == pod then
    return tonumber(stored.sinceMs) or now
  end
  return now - (tonumber(ARGV[14]) or 0)
end

local same = stored and stored.fence == fence and stored.state == state and (stored.by or '') == by
local record_json = stored_json
if not same then
  local epoch = next_epoch(pool)
  local keeps = stored and stored.fence == fence and stored.state == state
  record_json = cjson.encode({
    incarnation = ARGV[2], fence = fence, serial = serial, own = own, state = state,
    by = by ~= '' and by or nil,
    epoch = keeps and stored.epoch or epoch, sinceMs = keeps and stored.sinceMs or began(),
    untilMs = until_ms, pod = pod ~= '' and pod or nil, node = ARGV[11] ~= '' and ARGV[11] or nil,
    zone = ARGV[15] and ARGV[15] ~= '' and ARGV[15] or nil,
  })
  redis.call('HSET', KEYS[2], id, record_json)
  publish(pool, epoch, { { id, record_json } })
elseif stored.untilMs ~= until_ms then
  stored.untilMs = until_ms
  record_json = cjson.encode(stored)
  redis.call('HSET', KEYS[2], id, record_json)
end
redis.call('ZADD', KEYS[3], now + (own == 'gone' and TOMBSTONE_MS or lease_ms), id)
return { 'ok', pool.run, text(pool.epoch), pool.born, text(now), record_json }
