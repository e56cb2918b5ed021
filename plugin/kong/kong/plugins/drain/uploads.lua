-- Owns how many of the requests in flight are uploads, for people to look at: nothing is decided by it. Invariant: an upload
-- is counted here only while counts.lua counts its request for the same target, and under the same slot.
local store = require "kong.plugins.drain.store"

local get_method = ngx.req.get_method
local http_version = ngx.req.http_version
local ipairs = ipairs
local key_of = store.key_of
local next = next
local ngx = ngx
local pairs = pairs
local tonumber = tonumber

local _M = {}

local LARGE_BYTES = 1024 * 1024
local BODYLESS = { GET = true, HEAD = true, OPTIONS = true }
-- What a new count leaves of the dictionary to the requests': as a share of it.
local ROOM = 0.5

-- Whether the current request brings a large body, or one of which nobody knows how large it is.
function _M.is_one()
  if BODYLESS[get_method()] then
    return false
  end
  local var = ngx.var
  local length = tonumber(var.content_length)
  if length then
    return length >= LARGE_BYTES
  end
  return var.http_transfer_encoding ~= nil or (http_version() or 2) >= 2
end

-- Counts an upload in for a target of a view's copy, for which its request has been counted in. Returns the key to count
-- it out with, nil where the dictionary has no room to spare.
function _M.into(target)
  local dict, slot = store.dict, store.slot()
  local key = slot and key_of("uploads", slot, target.pool, target.id)
  if not key then
    return nil
  end
  if dict:incr(key, 1) then
    return key
  end
  local has_room = dict:free_space() > ROOM * dict:capacity()
  return has_room and store.add(key, 1) and key or nil
end

-- To be called before its request is counted out.
function _M.out(key)
  store.dict:incr(key, -1)
end

-- How many uploads are among the requests in flight, as those were read just before: up to two maps of target to requests.
-- Returns a map of target to uploads, nil where there are none.
function _M.report(pool, holding, in_flight)
  local found = {}
  for _, requests in ipairs({ holding, in_flight }) do
    if next(requests) then
      store.each_slot(function(slot)
        for target in pairs(requests) do
          local count = store.dict:get(key_of("uploads", slot, pool, target)) or 0
          if count > 0 then
            found[target] = (found[target] or 0) + count
          end
        end
      end)
    end
  end
  return next(found) and found
end

return _M
