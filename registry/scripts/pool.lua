--[[
Prefix of every script: the pool's clock, run and epoch.

KEYS[1] drain:{pool}   hash: run, epoch, born (ms), fence, reports (a counter)
The other keys of a pool are KEYS[1] .. ':targets' and so on; each script names its own.

Time is Redis TIME in ms. An epoch is max(last + 1, now): it grows even over a flush or a failover to an older copy,
so that an ack of an epoch of before can never pass for one of after.
]]
local base = KEYS[1]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- A stored record, nil where there is none or another hand wrote something else: it must not stop those who read it.
local function parsed(json)
  local ok, value = pcall(cjson.decode, json or '')
  return ok and type(value) == 'table' and value or nil
end

local function decoded(json)
  local record = parsed(json)
  return record and tonumber(record.fence) and tonumber(record.serial) and record or nil
end

local function text(number)
  return string.format('%.0f', number)
end

-- The pool as it stands. `seen` is the highest epoch the caller knows; where the registry is behind it (flushed, or an
-- older copy took over) a new run begins, named `fresh`.
local function pool_seen(seen, fresh)
  local run, epoch, born = unpack(redis.call('HMGET', base, 'run', 'epoch', 'born'))
  epoch = tonumber(epoch) or 0
  if not run or seen > epoch then
    run, epoch, born = fresh, math.max(now, seen + 1), text(now)
    redis.call('HSET', base, 'run', run, 'epoch', text(epoch), 'born', born)
  end
  return { run = run, epoch = epoch, born = born }
end

-- Raises the epoch by one change and tells the gateways: changes is a list of { target id, record JSON }.
local function next_epoch(pool)
  return math.max(pool.epoch + 1, now)
end

local function publish(pool, epoch, changes)
  redis.call('HSET', base, 'epoch', text(epoch))
  local parts = {}
  for i, change in ipairs(changes) do
    parts[i] = '[' .. cjson.encode(change[1]) .. ',' .. change[2] .. ']'
  end
  redis.call('PUBLISH', base .. ':changes', '{"run":"' .. pool.run .. '","prev":' .. text(pool.epoch) ..
    ',"epoch":' .. text(epoch) .. ',"changes":[' .. table.concat(parts, ',') .. ']}')
  pool.epoch = epoch
end

