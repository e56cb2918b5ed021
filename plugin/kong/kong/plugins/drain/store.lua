-- Owns the shared dictionary `drain`: its keys, the clock of its deadlines, and the slots of the workers that count in it.
-- Invariant: nothing is ever evicted from it for something new (only safe_* and incr on keys that exist are used; 1 MB
-- holds some 8,000 counts, one for each worker and target), and a slot is never given twice, so that a new worker cannot
-- take a dead one's counts for its own.
local ffi = require "ffi"

local ipairs = ipairs
local ngx = ngx
local tonumber = tonumber
local open = io.open
local match = string.match

-- An own name for the symbol: Kong declares clock_gettime with other types.
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } drain_timespec_t;
  int drain_clock_gettime(int clock, drain_timespec_t *time) __asm__("clock_gettime");
]]

local CLOCK_MONOTONIC = 1
local timespec = ffi.new("drain_timespec_t")

local KEYS = {
  pools = "pools",            -- JSON list of the pools in Kong's configuration
  epoch = "epoch:",           -- .. pool: the epoch of the view
  view = "view:",             -- .. pool: JSON of the view handed over last
  until_ms = "until:",        -- .. pool: when the view ends, monotonic ms
  version = "version:",       -- .. pool: raised when view or until_ms is not what it was
  count = "count:",           -- .. slot .. ":" .. pool .. "|" .. target: requests in flight
  uploads = "uploads:",       -- .. slot .. ":" .. pool .. "|" .. target: those of them that are uploads
  streams = "streams:",       -- .. slot .. ":" .. pool .. "|" .. target: JSON of what streams from it while it drains
  unassigned = "unassigned:", -- .. slot .. ":" .. pool: requests in flight that Kong's own routing placed
  uncounted = "uncounted",    -- requests in flight for which there was no room
  ended_ms = "ended:",        -- .. pool .. "|" .. target: when the last request of a draining target ended
  slots = "slots",            -- the slot given last
  first_slot = "first_slot",  -- the lowest slot that may be alive
  worker = "worker:",         -- .. slot: pid and start time of its worker
  lock = "lock:",             -- .. pool: held while a view is stored
  panic_below = "panic:",     -- .. pool: the highest panic_below of its Services
  link = "link:",             -- .. slot: open links to agents in that worker
  stat = "stat:",             -- .. name: how often since Kong's start
}

local _M = {
  KEYS = KEYS,
  STATS = { "retries", "ejections", "unassigned", "uncounted", "dictionary_full", "failures" },
  dict = ngx.shared.drain,
}

-- Monotonic ms, the same for all processes of the machine (Node's process.hrtime too).
function _M.now_ms()
  ffi.C.drain_clock_gettime(CLOCK_MONOTONIC, timespec)
  return tonumber(timespec.seconds) * 1000 + tonumber(timespec.nanoseconds) / 1e6
end

-- The key of what a worker counts or tells of one target. `kind`: a name of KEYS.
function _M.key_of(kind, slot, pool, target)
  return KEYS[kind] .. slot .. ":" .. pool .. "|" .. target
end

-- Adds to a number that may not exist yet. Returns nil when the dictionary is full.
function _M.add(key, n)
  local dict = _M.dict
  local value, err = dict:incr(key, n)
  if value or err ~= "not found" then
    return value
  end
  local ok
  ok, err = dict:safe_add(key, 0)
  if not ok and err ~= "exists" then
    return nil
  end
  return (dict:incr(key, n))
end

-- Made beforehand: what tells of a full dictionary must not need room in it.
_M.dict:safe_add(KEYS.uncounted, 0)
for _, name in ipairs(_M.STATS) do
  _M.dict:safe_add(KEYS.stat .. name, 0)
end

function _M.stat(name)
  _M.add(KEYS.stat .. name, 1)
end

local ENOENT, ESRCH = 2, 3

-- The pid's start time; nil when it is dead (a zombie counts as dead), false where it cannot be told (too many open
-- files). Field 22 of /proc/PID/stat, see proc(5).
local function start_time(pid)
  local file, _, errno = open("/proc/" .. pid .. "/stat")
  if not file then
    if errno == ENOENT or errno == ESRCH then
      return nil
    end
    return false
  end
  local line = file:read("*l")
  file:close()
  local state, rest = match(line or "", "^.*%) (%a) (.*)$")
  if not state or state == "Z" or state == "X" then
    return nil
  end
  return match(rest, "^" .. ("%S+ "):rep(18) .. "(%d+)")
end

local slot

-- The slot of this worker, taken when it counts for the first time; nil when the dictionary is full.
function _M.slot()
  if not slot then
    local dict, pid = _M.dict, ngx.worker.pid()
    local taken = _M.add(KEYS.slots, 1)
    if not taken or not dict:safe_set(KEYS.worker .. taken, pid .. " " .. (start_time(pid) or "")) then
      return nil
    end
    if taken < (dict:get(KEYS.first_slot) or 1) then
      return nil -- taken and passed over in one moment: the next request takes another
    end
    slot = taken
  end
  return slot
end

-- Whether the worker of a slot lives; what cannot be told counts as alive.
local function is_alive(worker)
  local pid, started = match(worker, "^(%d+) (%d*)$")
  local now = start_time(pid)
  return now == false or (now ~= nil and (started == "" or now == started))
end

-- Calls each(slot) for every slot whose worker lives, and dead(slot) once for one whose worker died.
function _M.each_slot(each, dead)
  local dict = _M.dict
  local last = dict:get(KEYS.slots) or 0
  local first = dict:get(KEYS.first_slot) or 1
  local lowest
  for i = first, last do
    local worker = dict:get(KEYS.worker .. i)
    if worker then
      if not dead or is_alive(worker) then
        lowest = lowest or i
        each(i)
      else
        dead(i)
        dict:delete(KEYS.worker .. i)
      end
    end
  end
  if dead and lowest and lowest > first then
    dict:safe_set(KEYS.first_slot, lowest)
  end
end

return _M
