--- Checks what a caller gives, the same way everywhere: a table of options against a template, in
--- which each key has a rule. What is wrong is an error at the user's line that names the option,
--- what was given, what is allowed, and for an unknown key the nearest known one.
---
---     local check = require "msm.check"
---     local RULES = { every = check.duration { default = "1s" }, limit = check.number { min = 0 } }
---     local options = check.options("my.block", given, RULES)
---
--- A rule without a default makes its option mandatory, unless it is `optional`.

local core = require "msm.core"

local check = {}

---@class msm.check.Rule
---@field take fun(value: any, what: string): any the value as it is kept; raises where it is wrong
---@field default any taken where nothing is given
---@field optional boolean|nil nil stays nil

---@class msm.check.Limits
---@field min number|string|nil least value allowed
---@field max number|string|nil greatest value allowed
---@field default any taken where nothing is given
---@field optional boolean|nil nothing need be given

--- A value as errors show it: text in quotes, a table by its type.
---@param value any
---@return string
function check.shown(value)
  local type = type(value)
  if type == "string" then
    return (("%q"):format(value):gsub("\\\n", "\\n"))
  elseif type == "table" or type == "userdata" or type == "function" or type == "thread" then
    return "a " .. type
  end
  return tostring(value)
end
local shown = check.shown

local function refuse(what, wanted, value)
  core.complain(("%s must be %s, not %s"):format(what, wanted, shown(value)))
end

local function range_text(limits, min, max)
  if min and max then
    return (" from %s to %s"):format(limits.min, limits.max)
  elseif min then
    return (" of %s or more"):format(limits.min)
  end
  return max and (" of %s or less"):format(limits.max) or ""
end

-- NaN is outside of every range.
local function is_inside(value, min, max)
  return value == value and not (min and value < min) and not (max and value > max)
end

local function rule(limits, take)
  return { take = take, default = limits and limits.default, optional = limits and limits.optional }
end

local function number_rule(limits, noun, convert)
  limits = limits or {}
  local wanted = noun .. range_text(limits, limits.min, limits.max)
  return rule(limits, function(value, what)
    local taken = convert(value)
    if not taken or not is_inside(taken, limits.min, limits.max) then
      refuse(what, wanted, value)
    end
    return taken
  end)
end

--- A finite number within the limits.
---@param limits msm.check.Limits|nil
---@return msm.check.Rule
function check.number(limits)
  return number_rule(limits, "a number", function(value)
    local finite = type(value) == "number" and value - value == 0
    return finite and value or nil
  end)
end

--- A number without a fraction within the limits; kept as an integer.
---@param limits msm.check.Limits|nil
---@return msm.check.Rule
function check.integer(limits)
  return number_rule(limits, "a whole number", function(value)
    return type(value) == "number" and math.tointeger(value) or nil
  end)
end

--- A duration, in seconds or as text ("2s", "500ms", "10m"), within the limits; kept in seconds.
---@param limits msm.check.Limits|nil
---@return msm.check.Rule
function check.duration(limits)
  limits = limits or {}
  local min = limits.min and core.duration(limits.min)
  local max = limits.max and core.duration(limits.max)
  local wanted = "a duration" .. range_text(limits, min, max)
  return rule(limits, function(value, what)
    local seconds = core.duration(value, what)
    if not is_inside(seconds, min, max) then
      refuse(what, wanted, value)
    end
    return seconds
  end)
end

local function type_rule(limits, name, wanted)
  return rule(limits, function(value, what)
    if type(value) ~= name then
      refuse(what, wanted, value)
    end
    return value
  end)
end

--- true or false.
---@param limits msm.check.Limits|nil
---@return msm.check.Rule
function check.boolean(limits)
  return type_rule(limits, "boolean", "true or false")
end

--- A function.
---@param limits msm.check.Limits|nil
---@return msm.check.Rule
function check.func(limits)
  return type_rule(limits, "function", "a function")
end

--- A table.
---@param limits msm.check.Limits|nil
---@return msm.check.Rule
function check.table(limits)
  return type_rule(limits, "table", "a table")
end

--- Text; with `one_of` one of these.
---@param limits { one_of: string[]|nil, default: string|nil, optional: boolean|nil }|nil
---@return msm.check.Rule
function check.text(limits)
  limits = limits or {}
  local wanted = "text"
  if limits.one_of then
    local quoted = {}
    for i, word in ipairs(limits.one_of) do
      quoted[i] = ("%q"):format(word)
    end
    wanted = table.concat(quoted, " or ")
  end
  return rule(limits, function(value, what)
    local fits = type(value) == "string" and not limits.one_of
    for _, word in ipairs(limits.one_of or {}) do
      fits = fits or value == word
    end
    if not fits then
      refuse(what, wanted, value)
    end
    return value
  end)
end

-- Elements under 1, 2, 3 …, at least one, and nothing else.
local function is_list(value)
  local count = 0
  for _ in pairs(type(value) == "table" and value or {}) do
    count = count + 1
  end
  return count > 0 and count == #value and value[1] ~= nil
end

--- A list with at least one element, each by the rule; kept as a list of its own.
---@param element msm.check.Rule
---@param limits msm.check.Limits|nil
---@return msm.check.Rule
function check.list(element, limits)
  return rule(limits, function(value, what)
    if not is_list(value) then
      refuse(what, "a list, { first, second, … }", value)
    end
    local taken = {}
    for i, one in ipairs(value) do
      taken[i] = element.take(one, ("%s[%d]"):format(what, i))
    end
    return taken
  end)
end

local function keys_of(rules)
  local keys = {}
  for key in pairs(rules) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function refuse_unknown(what, key, rules)
  local keys = keys_of(rules)
  local nearest = type(key) == "string" and core.nearest(key, keys)
  local hint = nearest and ("did you mean %s?"):format(nearest)
    or ("there are: %s"):format(table.concat(keys, ", "))
  core.complain(("%s: unknown option %s; %s"):format(what, shown(key), hint))
end

--- Takes one value by its rule.
---@param what string as errors name it: "timer.TON: PT"
---@param value any
---@param by msm.check.Rule
---@return any taken
function check.value(what, value, by)
  if value == nil then
    value = by.default
    if value == nil and by.optional then
      return nil
    elseif value == nil then
      core.complain(("%s is missing"):format(what))
    end
  end
  return by.take(value, what)
end

--- Takes a table of options by the rules of a template.
---@param what string whose options they are, as errors name it: "control.PID"
---@param options table|nil as given by the caller; nil is an empty one
---@param rules table<string, msm.check.Rule>
---@return table taken a table of its own, with the defaults filled in
function check.options(what, options, rules)
  if options ~= nil and type(options) ~= "table" then
    core.complain(("%s takes a table of options, { … }, not %s"):format(what, shown(options)))
  end
  options = options or {}
  for key in pairs(options) do
    if not rules[key] then
      refuse_unknown(what, key, rules)
    end
  end
  local taken = {}
  for _, key in ipairs(keys_of(rules)) do -- in order, so that the same mistake is named each time
    taken[key] = check.value(("%s: %s"):format(what, key), options[key], rules[key])
  end
  return taken
end

--- Makes a module strict: a name that it does not have is an error that names the nearest one, and
--- nothing in it can be assigned.
---@generic T
---@param what string "msm.timer"
---@param module T a table of what it has
---@return T
function check.module(what, module)
  local function list()
    return table.concat(keys_of(module), ", ")
  end
  setmetatable(module, {
    __index = function(_, key)
      local nearest = type(key) == "string" and core.nearest(key, keys_of(module))
      core.complain(("%s has no %s;%s it has %s"):format(what, type(key) == "string" and key or shown(key),
        nearest and (" did you mean %s?"):format(nearest) or "", list()))
    end,
  })
  return setmetatable({}, {
    __index = module,
    __newindex = function(_, key)
      core.complain(("%s: %s cannot be assigned: the library is the same for all who use it"):format(what,
        type(key) == "string" and key or shown(key)))
    end,
    __pairs = function()
      return next, module
    end,
    __name = what,
    __metatable = what,
  })
end

--- Takes the name by which a block is known.
---@param what string kind of block: "timer.TON"
---@param name any
---@return string name
function check.name(what, name)
  if type(name) ~= "string" or name == "" then
    core.complain(("%s: the name is %s; give it one of its own, as in %s(\"low\", …)")
      :format(what, name == "" and "empty" or shown(name), what))
  end
  return name
end

--- Methods that complain where they are called with a dot, on something else than their object.
---@param what string the `__metatable` of the objects, as errors show them: "csv.log"
---@param methods table<string, function>
---@return table<string, function>
function check.methods(what, methods)
  local bound = {}
  for name, method in pairs(methods) do
    bound[name] = function(self, ...)
      if getmetatable(self) ~= what then
        core.complain(("%s: %s is called with a colon, as in my_%s:%s(…)"):format(what, name, what:match "%w+$", name))
      end
      return method(self, ...)
    end
  end
  return bound
end

return check
