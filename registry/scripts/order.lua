--[[
An operator's or the controller's drain of a target, and its end. It outlives the sidecar's process, not its pod.

KEYS[1] drain:{pool}  KEYS[2] :targets  KEYS[3] :orders (hash pod -> {"by","run","sinceMs"})
ARGV[1] target id  [2] drain | undrain  [3] operator | controller
[4] the pod that is meant, or '' for whichever has the target
Reply: { 'ok' | 'unknown' | 'unnamed', record or '' }. 'unknown': no such target, or another pod's; 'unnamed': its
sidecar gave no pod name, so that the order could hit another pod on the same address later.
]]
local json = redis.call('HGET', KEYS[2], ARGV[1])
local record = decoded(json)
local is_anothers = ARGV[4] ~= '' and record and record.pod and record.pod ~= ARGV[4]
if not record or record.state == 'gone' or is_anothers then
  return { 'unknown', '' }
end
if not record.pod then
  return { 'unnamed', json }
end
local state, by = record.own
if ARGV[2] == 'drain' then
  local run = redis.call('HGET', base, 'run')
  redis.call('HSET', KEYS[3], record.pod, cjson.encode({ by = ARGV[3], run = run, sinceMs = now }))
  state, by = 'draining', record.own == 'draining' and record.by or ARGV[3]
else
  redis.call('HDEL', KEYS[3], record.pod)
  by = record.own == 'draining' and record.by or nil
end
if record.state ~= state or record.by ~= by then
  local run, before = unpack(redis.call('HMGET', base, 'run', 'epoch'))
  local pool = { run = run, epoch = tonumber(before) }
  local epoch = next_epoch(pool)
  if record.state ~= state then
    record.epoch, record.sinceMs = epoch, now
  end
  record.state, record.by = state, by
  json = cjson.encode(record)
  redis.call('HSET', KEYS[2], ARGV[1], json)
  publish(pool, epoch, { { ARGV[1], json } })
end
return { 'ok', json }
