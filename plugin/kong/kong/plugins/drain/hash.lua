-- Owns hashing: Bob Jenkins' lookup3 (burtleburtle.net/bob/c/lookup3.c, public domain), the same on every machine. It
-- needs no multiplication, which numbers of Lua could not do in 32 bits. Two halves of 32 bits, signed, make one hash.
local bit = require "bit"

local bxor = bit.bxor
local rol = bit.rol
local rshift = bit.rshift
local tobit = bit.tobit
local byte = string.byte

local _M = {}

local function mix(a, b, c)
  a = bxor(tobit(a - c), rol(c, 4))
  c = tobit(c + b)
  b = bxor(tobit(b - a), rol(a, 6))
  a = tobit(a + c)
  c = bxor(tobit(c - b), rol(b, 8))
  b = tobit(b + a)
  a = bxor(tobit(a - c), rol(c, 16))
  c = tobit(c + b)
  b = bxor(tobit(b - a), rol(a, 19))
  a = tobit(a + c)
  c = bxor(tobit(c - b), rol(b, 4))
  b = tobit(b + a)
  return a, b, c
end

local function final(a, b, c)
  c = tobit(bxor(c, b) - rol(b, 14))
  a = tobit(bxor(a, c) - rol(c, 11))
  b = tobit(bxor(b, a) - rol(a, 25))
  c = tobit(bxor(c, b) - rol(b, 16))
  a = tobit(bxor(a, c) - rol(c, 4))
  b = tobit(bxor(b, a) - rol(a, 14))
  c = tobit(bxor(c, b) - rol(b, 24))
  return c, b
end

local function word(text, at)
  local b1, b2, b3, b4 = byte(text, at, at + 3)
  return (b1 or 0) + (b2 or 0) * 0x100 + (b3 or 0) * 0x10000 + (b4 or 0) * 0x1000000
end

-- The two halves of a string's hash: lookup3's hashlittle2 with both seeds 0.
function _M.of(text)
  local length, at = #text, 1
  local a = tobit(0xdeadbeef + length)
  local b, c = a, a
  if length == 0 then
    return c, b
  end
  while length - at >= 12 do
    a, b, c = mix(tobit(a + word(text, at)), tobit(b + word(text, at + 4)), tobit(c + word(text, at + 8)))
    at = at + 12
  end
  return final(tobit(a + word(text, at)), tobit(b + word(text, at + 4)), tobit(c + word(text, at + 8)))
end

-- A whole number from 0 to 2^53 - 1 that belongs to two hashes together.
function _M.of_pair(high, low, other_high, other_low)
  local c, b = final(high, bxor(low, other_low), other_high)
  return c % 0x100000000 * 0x200000 + rshift(b, 11)
end

return _M
