-- Owns the checking of plugin configurations against a plugin's own schema, in the part of Kong's schema language
-- that our plugins use. Invariant: all problems of one configuration are reported together.

local fmt = string.format
local ipairs, pairs, type = ipairs, pairs, type
local floor = math.floor
local concat = table.concat

local _M = {}

local check_record

local TYPES = {
  string = function(v) return type(v) == "string" end,
  boolean = function(v) return type(v) == "boolean" end,
  number = function(v) return type(v) == "number" end,
  integer = function(v) return type(v) == "number" and floor(v) == v end,
  array = function(v) return type(v) == "table" end,
  set = function(v) return type(v) == "table" end,
  map = function(v) return type(v) == "table" end,
  record = function(v) return type(v) == "table" end,
}

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

local RULES = {
  between = function(v, range)
    if v < range[1] or v > range[2] then
      return fmt("value should be between %s and %s", range[1], range[2])
    end
  end,
  gt = function(v, limit)
    return v <= limit and fmt("value must be greater than %s", limit) or nil
  end,
  one_of = function(v, allowed)
    return not contains(allowed, v) and "expected one of: " .. concat(allowed, ", ") or nil
  end,
  match = function(v, pattern)
    return not v:match(pattern) and "invalid value: " .. v or nil
  end,
  len_min = function(v, least)
    return #v < least and fmt("length must be at least %d", least) or nil
  end,
  len_max = function(v, most)
    return #v > most and fmt("length must be at most %d", most) or nil
  end,
  match_none = function(v, rules)
    for _, rule in ipairs(rules) do
      if v:match(rule.pattern) then
        return rule.err
      end
    end
  end,
  custom_validator = function(v, validate)
    local ok, err = validate(v)
    return not ok and (err or "invalid value") or nil
  end,
}

local function check_value(field, value, path, problems)
  if not TYPES[field.type](value) then
    local article = field.type:match "^[aeiou]" and "an " or "a "
    problems[#problems + 1] = fmt("%s: expected %s%s", path, article, field.type)
    return
  end
  if field.type == "record" then
    check_record(field, value, path, problems)
    return
  end
  for name, rule in pairs(RULES) do
    local problem = field[name] ~= nil and rule(value, field[name])
    if problem then
      problems[#problems + 1] = fmt("%s: %s", path, field.err or problem)
    end
  end
  for i, element in ipairs(field.elements and value or {}) do
    check_value(field.elements, element, fmt("%s[%d]", path, i), problems)
  end
end

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local result = {}
  for key, inner in pairs(value) do
    result[key] = copy(inner)
  end
  return result
end

function check_record(record, value, path, problems)
  local known, before = {}, #problems
  for _, entry in ipairs(record.fields) do
    local name, field = next(entry)
    known[name] = true
    if value[name] == nil then
      value[name] = copy(field.default)
    end
    if value[name] == nil and field.type == "record" and field.required then
      value[name] = {}
    end
    if value[name] ~= nil then
      check_value(field, value[name], path .. "." .. name, problems)
    elseif field.required then
      problems[#problems + 1] = fmt("%s.%s: required field missing", path, name)
    end
  end
  for name in pairs(value) do
    if not known[name] then
      problems[#problems + 1] = fmt("%s.%s: unknown field", path, name)
    end
  end
  if record.custom_validator and #problems == before then
    local ok, err = record.custom_validator(value)
    if not ok then
      problems[#problems + 1] = fmt("%s: %s", path, err or "invalid")
    end
  end
end

local function config_field(schema)
  for _, entry in ipairs(schema.fields or {}) do
    if entry.config then
      return entry.config
    end
  end
  return { fields = {} }
end

--- A complete copy of `config` by `schema`, or nil and a message with every problem.
function _M.complete(schema, config)
  local result, problems = copy(config or {}), {}
  check_record(config_field(schema), result, "config", problems)
  if #problems > 0 then
    return nil, concat(problems, "; ")
  end
  return result
end

return _M
